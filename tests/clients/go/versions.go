package main

import (
	"path"
	"runtime"
	"runtime/debug"
	"strings"
)

// versions names the SDKs that are linked into this program, and the compiler.
func versions() map[string]string {
	found := map[string]string{"go": strings.TrimPrefix(runtime.Version(), "go")}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return found
	}
	for _, module := range build.Deps {
		switch name := path.Base(strings.TrimSuffix(module.Path, "/v3")); name {
		case "azidentity", "azopenai", "openai-go", "microsoft-authentication-library-for-go":
			found[name] = strings.TrimPrefix(module.Version, "v")
		}
	}
	return found
}
