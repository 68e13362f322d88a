// Command kubectl is upstream's kubectl, built from the Go module proxy for the tests' control planes.
package main

import (
	"os"

	"k8s.io/component-base/cli"

	"k8s.io/kubectl/pkg/cmd"
)

func main() {
	os.Exit(cli.Run(cmd.NewDefaultKubectlCommand()))
}
