package main

import (
	"context"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

type tokenAnswer struct {
	Token string `json:"token"`
	// Seconds from now.
	ExpiresIn int64 `json:"expires_in"`
}

// deviceCode asks for a person who enters the code at the address.
type deviceCode struct {
	Event           string `json:"event"`
	UserCode        string `json:"user_code"`
	VerificationURI string `json:"verification_uri"`
	Message         string `json:"message"`
}

// newCredential makes a credential as an application does: an option that the command leaves out
// stays at the SDK's default.
func (s *session) newCredential(order command) (azcore.TokenCredential, error) {
	switch order.Kind {
	case "default":
		return azidentity.NewDefaultAzureCredential(nil)
	case "azure-cli":
		return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{
			TenantID: order.Tenant,
		})
	case "device-code":
		return azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
			ClientOptions: clientOptionsOf(order),
			ClientID:      order.ClientID,
			TenantID:      order.Tenant,
			UserPrompt:    s.showDeviceCode,
		})
	case "browser":
		return azidentity.NewInteractiveBrowserCredential(
			&azidentity.InteractiveBrowserCredentialOptions{
				ClientOptions: clientOptionsOf(order),
				ClientID:      order.ClientID,
				TenantID:      order.Tenant,
			})
	case "client-secret":
		return azidentity.NewClientSecretCredential(
			order.Tenant, order.ClientID, order.ClientSecret,
			&azidentity.ClientSecretCredentialOptions{ClientOptions: clientOptionsOf(order)})
	case "token":
		return givenToken(order.Token), nil
	default:
		return nil, fmt.Errorf("there is no credential %q", order.Kind)
	}
}

// clientOptionsOf names another authority than Azure's public one, where the command does.
func clientOptionsOf(order command) azcore.ClientOptions {
	if order.Authority == "" {
		return azcore.ClientOptions{}
	}
	return azcore.ClientOptions{
		Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: order.Authority},
	}
}

// givenToken is one token for every scope, as a program has it that mixes them up.
type givenToken string

func (g givenToken) GetToken(
	context.Context, policy.TokenRequestOptions,
) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(g), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func (s *session) showDeviceCode(_ context.Context, code azidentity.DeviceCodeMessage) error {
	return s.output.Encode(deviceCode{
		Event:           "device-code",
		UserCode:        code.UserCode,
		VerificationURI: code.VerificationURL,
		Message:         code.Message,
	})
}

func getToken(
	ctx context.Context, credential azcore.TokenCredential, order command,
) (*tokenAnswer, error) {
	if credential == nil {
		return nil, fmt.Errorf("there is no credential %q yet", order.Credential)
	}
	token, err := credential.GetToken(ctx, policy.TokenRequestOptions{
		Scopes:   []string{order.Scope},
		TenantID: order.Tenant,
	})
	if err != nil {
		return nil, err
	}
	lifetime := time.Until(token.ExpiresOn).Round(time.Second)
	return &tokenAnswer{Token: token.Token, ExpiresIn: int64(lifetime.Seconds())}, nil
}
