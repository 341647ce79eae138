package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/Azure/azure-sdk-for-go/sdk/ai/azopenai"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// chatAsInArticle uses the client that the keyless article shows: scope and API version are its
// own.
func chatAsInArticle(
	ctx context.Context, credential azcore.TokenCredential, order command,
) (*chatAnswer, error) {
	client, err := azopenai.NewClient(order.Endpoint, credential, nil)
	if err != nil {
		return nil, err
	}
	question := azopenai.NewChatRequestUserMessageContent(order.Question)
	messages := []azopenai.ChatRequestMessageClassification{
		&azopenai.ChatRequestUserMessage{Content: question},
	}
	if order.Stream {
		return readArticleStream(ctx, client, order.Deployment, messages)
	}
	completion, err := client.GetChatCompletions(ctx, azopenai.ChatCompletionsOptions{
		DeploymentName: &order.Deployment,
		Messages:       messages,
	}, nil)
	if err != nil {
		return nil, err
	}
	if len(completion.Choices) == 0 {
		return nil, fmt.Errorf("the answer holds no choice")
	}
	choice := completion.Choices[0]
	return &chatAnswer{
		Text:   valueOf(choice.Message.Content),
		Finish: string(valueOf(choice.FinishReason)),
		Model:  valueOf(completion.Model),
		Tokens: int64(valueOf(completion.Usage.TotalTokens)),
	}, nil
}

func readArticleStream(
	ctx context.Context,
	client *azopenai.Client,
	deployment string,
	messages []azopenai.ChatRequestMessageClassification,
) (*chatAnswer, error) {
	stream, err := client.GetChatCompletionsStream(ctx, azopenai.ChatCompletionsOptions{
		DeploymentName: &deployment,
		Messages:       messages,
	}, nil)
	if err != nil {
		return nil, err
	}
	reader := stream.ChatCompletionsStream
	defer reader.Close()
	var result chatAnswer
	for {
		event, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return &result, nil
		}
		if err != nil {
			return nil, err
		}
		result.addEvent(len(event.Choices) > 0, valueOf(event.Model))
		for _, choice := range event.Choices {
			result.Text += valueOf(choice.Delta.Content)
			if choice.FinishReason != nil {
				result.Finish = string(*choice.FinishReason)
			}
		}
		if event.Usage != nil {
			result.Tokens = int64(valueOf(event.Usage.TotalTokens))
		}
	}
}

func valueOf[T any](pointer *T) T {
	if pointer == nil {
		return *new(T)
	}
	return *pointer
}
