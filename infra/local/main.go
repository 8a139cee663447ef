// Local runs Muster on this machine: one process, no account, all state below one directory.
package main

import (
	"os"

	"github.com/muster-crm/muster/infra/local/launch"
	"github.com/muster-crm/muster/infra/local/wire"
)

func main() { os.Exit(launch.Main(os.Args[1:], os.Stdout, os.Stderr, wire.Wire)) }
