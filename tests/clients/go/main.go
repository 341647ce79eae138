// Program clients drives the Go SDKs of Microsoft Entra ID and Azure OpenAI, unmodified, for the
// tests of practice Azure. It reads one JSON command a line and answers each with a line that is
// marked as done; before it there may be events, which ask for a person at a browser.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// A command may wait for a sign-in in a browser, which itself may wait for a busy machine.
const commandTimeout = 2 * time.Minute

type command struct {
	Action string `json:"action"`

	// The credential that the command makes or uses.
	Credential   string `json:"credential"`
	Kind         string `json:"kind"`
	Authority    string `json:"authority"`
	Tenant       string `json:"tenant"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Token        string `json:"token"`

	// What a token is asked for.
	Scope string `json:"scope"`

	// The chat.
	Form       string `json:"form"`
	Endpoint   string `json:"endpoint"`
	Deployment string `json:"deployment"`
	APIVersion string `json:"api_version"`
	Question   string `json:"question"`
	Stream     bool   `json:"stream"`
	Retries    *int   `json:"retries"`
}

type answer struct {
	Done     bool              `json:"done"`
	Versions map[string]string `json:"versions,omitempty"`
	Token    *tokenAnswer      `json:"token,omitempty"`
	Chat     *chatAnswer       `json:"chat,omitempty"`
	Failure  *failure          `json:"failure,omitempty"`
}

// session keeps credentials from one command to the next, and with them what they remember.
type session struct {
	credentials map[string]azcore.TokenCredential
	output      *json.Encoder
}

func main() {
	current := session{
		credentials: map[string]azcore.TokenCredential{},
		output:      json.NewEncoder(os.Stdout),
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		result, err := current.obey(lines.Bytes())
		if err != nil {
			result.Failure = describe(err)
		}
		result.Done = true
		if err := current.output.Encode(result); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (s *session) obey(line []byte) (answer, error) {
	var order command
	if err := json.Unmarshal(line, &order); err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	switch order.Action {
	case "versions":
		return answer{Versions: versions()}, nil
	case "credential":
		credential, err := s.newCredential(order)
		if err == nil {
			s.credentials[order.Credential] = credential
		}
		return answer{}, err
	case "token":
		token, err := getToken(ctx, s.credentials[order.Credential], order)
		return answer{Token: token}, err
	case "chat":
		chat, err := chatWith(ctx, s.credentials[order.Credential], order)
		return answer{Chat: chat}, err
	default:
		return answer{}, fmt.Errorf("there is no command %q", order.Action)
	}
}
