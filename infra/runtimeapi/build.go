package runtimeapi

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Deployed is the target functions are deployed for, Native the machine's own.
const (
	Deployed = "linux/arm64"
	Native   = runtime.GOOS + "/" + runtime.GOARCH
)

// GoFlags are the flags the Makefile gives SAM's builder in GOFLAGS.
const GoFlags = "-trimpath -tags=lambda.norpc -ldflags=-s"

// Build builds the function in folder dir as SAM's builder does, in the folder, into out/bootstrap, and gives that path.
// The target is "linux/arm64" for what is deployed, or the machine's own for what is to be started here. A folder
// without a main, of which go build makes an archive, is an error.
func Build(ctx context.Context, dir, target, out string) (string, error) {
	goos, goarch, _ := strings.Cut(target, "/")
	path := filepath.Join(out, "bootstrap")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0", "GOFLAGS="+GoFlags)
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", dir, err, text)
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.Mode()&0o100 == 0 { // go build writes archives without the right to run
		return "", fmt.Errorf("%s: what was built is no program", dir)
	}
	return path, nil
}

// Zipped is the number of bytes of the package Lambda would get of a binary.
func Zipped(binary string) (int, error) {
	raw, err := os.ReadFile(binary)
	if err != nil {
		return 0, err
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	w, err := z.Create("bootstrap")
	if err == nil {
		_, err = w.Write(raw)
	}
	if err == nil {
		err = z.Close()
	}
	return b.Len(), err
}

// PhoneNumbers is the package of phone numbers, which costs 10 MB of program.
const PhoneNumbers = "github.com/nyaruka/phonenumbers"

// Budget is how many bytes a function's package may have: 6 MB, 10 where the library of phone numbers is linked, and
// 12 for jobs and for web, which holds every page and makes pictures.
func Budget(name string, phoneNumbers bool) int {
	switch {
	case name == "jobs", name == "web":
		return 12 << 20
	case phoneNumbers:
		return 10 << 20
	}
	return 6 << 20
}

// Links says whether the function in folder dir is built from a package, for Linux.
func Links(ctx context.Context, dir, importPath string) (bool, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOFLAGS="+GoFlags)
	text, err := cmd.Output()
	return bytes.Contains(text, []byte("\n"+importPath+"\n")), err
}
