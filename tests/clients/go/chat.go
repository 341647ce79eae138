package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/azure"
	"github.com/openai/openai-go/v3/option"
)

type chatAnswer struct {
	Text   string `json:"text"`
	Finish string `json:"finish"`
	Model  string `json:"model"`
	// Total tokens, where the service told them.
	Tokens int64 `json:"tokens"`
	// The events of a stream, and those that hold no choice.
	Events              int `json:"events"`
	EventsWithoutChoice int `json:"events_without_choice"`
	// Whether the first event of a stream holds no choice: it tells of the prompt's filter.
	FirstWithoutChoice bool `json:"first_without_choice"`
}

// addEvent counts an event of a stream; most name the model.
func (a *chatAnswer) addEvent(hasChoice bool, model string) {
	a.Events++
	if !hasChoice {
		a.EventsWithoutChoice++
		a.FirstWithoutChoice = a.FirstWithoutChoice || a.Events == 1
	}
	if model != "" {
		a.Model = model
	}
}

func chatWith(
	ctx context.Context, credential azcore.TokenCredential, order command,
) (*chatAnswer, error) {
	if credential == nil {
		return nil, fmt.Errorf("there is no credential %q yet", order.Credential)
	}
	if order.Form == "article" {
		return chatAsInArticle(ctx, credential, order)
	}
	options, err := clientOptions(credential, order)
	if err != nil {
		return nil, err
	}
	if order.Retries != nil {
		options = append(options, option.WithMaxRetries(*order.Retries))
	}
	client := openai.NewClient(options...)
	question := openai.ChatCompletionNewParams{
		Model:    order.Deployment,
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(order.Question)},
	}
	if order.Stream {
		return readStream(ctx, client, question)
	}
	completion, err := client.Chat.Completions.New(ctx, question)
	if err != nil {
		return nil, err
	}
	if len(completion.Choices) == 0 {
		return nil, fmt.Errorf("the answer holds no choice")
	}
	return &chatAnswer{
		Text:   completion.Choices[0].Message.Content,
		Finish: completion.Choices[0].FinishReason,
		Model:  completion.Model,
		Tokens: completion.Usage.TotalTokens,
	}, nil
}

// clientOptions are those of the dated API (`azure.WithEndpoint`), or of the v1 API, which the
// plain client reaches by its base address alone.
func clientOptions(
	credential azcore.TokenCredential, order command,
) ([]option.RequestOption, error) {
	switch order.Form {
	case "dated":
		scopes := azure.WithTokenCredentialScopes([]string{order.Scope})
		return []option.RequestOption{
			azure.WithEndpoint(order.Endpoint, order.APIVersion),
			azure.WithTokenCredential(credential, scopes),
		}, nil
	case "v1":
		return []option.RequestOption{
			option.WithBaseURL(strings.TrimRight(order.Endpoint, "/") + "/openai/v1/"),
			withBearerToken(credential, order.Scope),
		}, nil
	default:
		return nil, fmt.Errorf("there is no form %q of a chat", order.Form)
	}
}

// withBearerToken lets azcore's own policy authorize each request: `azure.WithTokenCredential`
// insists on a dated endpoint.
func withBearerToken(credential azcore.TokenCredential, scope string) option.RequestOption {
	bearer := runtime.NewBearerTokenPolicy(credential, []string{scope}, nil)
	return option.WithMiddleware(
		func(request *http.Request, next option.MiddlewareNext) (*http.Response, error) {
			pipeline := runtime.NewPipeline("clients", "1", runtime.PipelineOptions{},
				&policy.ClientOptions{
					Retry:            policy.RetryOptions{MaxRetries: -1},
					PerRetryPolicies: []policy.Policy{bearer, sender(next)},
				})
			wrapped, err := runtime.NewRequestFromRequest(request)
			if err != nil {
				return nil, err
			}
			return pipeline.Do(wrapped)
		})
}

// sender ends a pipeline of azcore with the next step of the OpenAI client.
type sender option.MiddlewareNext

func (next sender) Do(request *policy.Request) (*http.Response, error) {
	return next(request.Raw())
}

func readStream(
	ctx context.Context, client openai.Client, question openai.ChatCompletionNewParams,
) (*chatAnswer, error) {
	question.StreamOptions.IncludeUsage = openai.Bool(true)
	stream := client.Chat.Completions.NewStreaming(ctx, question)
	defer stream.Close()
	var result chatAnswer
	for stream.Next() {
		event := stream.Current()
		result.addEvent(len(event.Choices) > 0, event.Model)
		for _, choice := range event.Choices {
			result.Text += choice.Delta.Content
			if choice.FinishReason != "" {
				result.Finish = choice.FinishReason
			}
		}
		if event.Usage.TotalTokens != 0 {
			result.Tokens = event.Usage.TotalTokens
		}
	}
	return &result, stream.Err()
}
