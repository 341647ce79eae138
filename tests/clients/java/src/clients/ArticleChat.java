package clients;

import com.azure.ai.openai.OpenAIClient;
import com.azure.ai.openai.OpenAIClientBuilder;
import com.azure.ai.openai.models.ChatChoice;
import com.azure.ai.openai.models.ChatCompletionStreamOptions;
import com.azure.ai.openai.models.ChatCompletions;
import com.azure.ai.openai.models.ChatCompletionsOptions;
import com.azure.ai.openai.models.ChatRequestMessage;
import com.azure.ai.openai.models.ChatRequestUserMessage;
import com.azure.core.credential.TokenCredential;
import java.util.List;

/** The client that the keyless article shows: scope and API version are its own. */
final class ArticleChat {
    private ArticleChat() {}

    static Chat.Answer hold(TokenCredential credential, Clients.Command command) {
        OpenAIClient client =
                new OpenAIClientBuilder()
                        .credential(credential)
                        .endpoint(command.endpoint())
                        .buildClient();
        List<ChatRequestMessage> messages =
                List.of(new ChatRequestUserMessage(command.question()));
        ChatCompletionsOptions question = new ChatCompletionsOptions(messages);
        if (command.stream()) {
            return readStream(client, command.deployment(), question);
        }
        ChatCompletions completion = client.getChatCompletions(command.deployment(), question);
        ChatChoice choice = completion.getChoices().get(0);
        return new Chat.Answer(
                choice.getMessage().getContent(),
                choice.getFinishReason().toString(),
                completion.getModel(),
                completion.getUsage().getTotalTokens(),
                0,
                0,
                false);
    }

    private static Chat.Answer readStream(
            OpenAIClient client, String deployment, ChatCompletionsOptions question) {
        ChatCompletionStreamOptions options =
                new ChatCompletionStreamOptions().setIncludeUsage(true);
        Transcript transcript = new Transcript();
        for (ChatCompletions event :
                client.getChatCompletionsStream(deployment, question, options)) {
            transcript.addEvent(!event.getChoices().isEmpty(), event.getModel());
            for (ChatChoice choice : event.getChoices()) {
                String piece = choice.getDelta().getContent();
                transcript.addText(piece == null ? "" : piece);
                if (choice.getFinishReason() != null) {
                    transcript.setFinish(choice.getFinishReason().toString());
                }
            }
            if (event.getUsage() != null) {
                transcript.setTokens(event.getUsage().getTotalTokens());
            }
        }
        return transcript.toAnswer();
    }
}
