package clients;

import com.azure.core.credential.TokenCredential;
import com.azure.identity.AuthenticationUtil;
import com.openai.azure.AzureOpenAIServiceVersion;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.credential.BearerTokenCredential;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import java.util.NoSuchElementException;

/** One question to a deployment, by the dated API or by v1, whole or as a stream. */
final class Chat {
    /** What came back; the events are those of a stream. */
    record Answer(
            String text,
            String finish,
            String model,
            long tokens,
            int events,
            int eventsWithoutChoice,
            boolean firstWithoutChoice) {}

    private Chat() {}

    static Answer hold(TokenCredential credential, Clients.Command command) {
        if (command.form().equals("article")) {
            return ArticleChat.hold(credential, command);
        }
        OpenAIClient client = connect(credential, command);
        try {
            ChatCompletionCreateParams.Builder question =
                    ChatCompletionCreateParams.builder()
                            .model(command.deployment())
                            .addUserMessage(command.question());
            return command.stream() ? readStream(client, question) : read(client, question.build());
        } finally {
            client.close();
        }
    }

    /** The endpoint alone means the dated API; with the path of v1 there is no version. */
    private static OpenAIClient connect(TokenCredential credential, Clients.Command command) {
        OpenAIOkHttpClient.Builder builder =
                OpenAIOkHttpClient.builder()
                        .credential(
                                BearerTokenCredential.create(
                                        AuthenticationUtil.getBearerTokenSupplier(
                                                credential, command.scope())));
        if (command.retries() != null) {
            builder.maxRetries(command.retries());
        }
        String endpoint = command.endpoint().replaceAll("/+$", "");
        switch (command.form()) {
            case "dated":
                return builder.baseUrl(endpoint)
                        .azureServiceVersion(
                                AzureOpenAIServiceVersion.fromString(command.apiVersion()))
                        .build();
            case "v1":
                return builder.baseUrl(endpoint + "/openai/v1/").build();
            default:
                throw new NoSuchElementException("there is no form " + command.form());
        }
    }

    private static Answer read(OpenAIClient client, ChatCompletionCreateParams question) {
        ChatCompletion completion = client.chat().completions().create(question);
        ChatCompletion.Choice choice = completion.choices().get(0);
        return new Answer(
                choice.message().content().orElse(""),
                choice.finishReason().asString(),
                completion.model(),
                completion.usage().map(usage -> usage.totalTokens()).orElse(0L),
                0,
                0,
                false);
    }

    private static Answer readStream(
            OpenAIClient client, ChatCompletionCreateParams.Builder question) {
        question.streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build());
        Transcript transcript = new Transcript();
        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(question.build())) {
            stream.stream().forEach(chunk -> read(chunk, transcript));
        }
        return transcript.toAnswer();
    }

    private static void read(ChatCompletionChunk chunk, Transcript transcript) {
        transcript.addEvent(!chunk.choices().isEmpty(), chunk.model());
        for (ChatCompletionChunk.Choice choice : chunk.choices()) {
            choice.delta().content().ifPresent(transcript::addText);
            choice.finishReason().ifPresent(reason -> transcript.setFinish(reason.asString()));
        }
        chunk.usage().ifPresent(usage -> transcript.setTokens(usage.totalTokens()));
    }
}
