package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/openai/openai-go/v3"
)

// failure is an error as an application sees it: the SDK's own type, and what it kept of the answer.
type failure struct {
	Type   string `json:"type"`
	Status int    `json:"status"`
	// The service's code: of inference `error.code`, of Entra `error`.
	Code string `json:"code"`
	// The service's own text where the SDK gives it, else the SDK's.
	Message string `json:"message"`
}

func describe(err error) *failure {
	var ofOpenAI *openai.Error
	var ofCore *azcore.ResponseError
	var ofEntra *azidentity.AuthenticationFailedError
	switch {
	case errors.As(err, &ofEntra):
		found := &failure{Type: typeName(ofEntra), Message: err.Error()}
		found.readEntraAnswer(ofEntra.RawResponse)
		return found
	case errors.As(err, &ofOpenAI):
		message := ofOpenAI.Message
		if message == "" {
			message = string(ofOpenAI.DumpResponse(true))
		}
		return &failure{
			Type:    typeName(ofOpenAI),
			Status:  ofOpenAI.StatusCode,
			Code:    ofOpenAI.Code,
			Message: message,
		}
	case errors.As(err, &ofCore):
		return &failure{
			Type:    typeName(ofCore),
			Status:  ofCore.StatusCode,
			Code:    ofCore.ErrorCode,
			Message: err.Error(),
		}
	default:
		return &failure{Type: typeName(err), Message: err.Error()}
	}
}

func (f *failure) readEntraAnswer(response *http.Response) {
	if response == nil {
		return
	}
	f.Status = response.StatusCode
	body, err := runtime.Payload(response)
	if err != nil {
		return
	}
	var parts struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &parts) == nil && parts.Error != "" {
		f.Code, f.Message = parts.Error, parts.Description
	}
}

func typeName(err error) string {
	return fmt.Sprintf("%T", err)
}
