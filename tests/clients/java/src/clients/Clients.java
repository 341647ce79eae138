package clients;

import com.azure.core.credential.TokenCredential;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.NoSuchElementException;

/**
 * Drives the Java SDKs of Microsoft Entra ID and Azure OpenAI, unmodified, for the tests of practice
 * Azure. It reads one JSON command a line and answers each with a line that is marked as done;
 * before it there may be events, which ask for a person at a browser.
 */
public final class Clients {
    private static final ObjectMapper JSON =
            new ObjectMapper()
                    .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .setSerializationInclusion(JsonInclude.Include.NON_NULL);

    /** What is asked for; what a command leaves out is null. */
    record Command(
            String action,
            String credential,
            String kind,
            String authority,
            String tenant,
            String clientId,
            String clientSecret,
            String token,
            String scope,
            String form,
            String endpoint,
            String deployment,
            String apiVersion,
            String question,
            boolean stream,
            Integer retries) {}

    record Answer(
            boolean done,
            Map<String, String> versions,
            Credentials.Token token,
            Chat.Answer chat,
            Failure failure) {}

    /** Credentials stay from one command to the next, and with them what they remember. */
    private final Map<String, TokenCredential> credentials = new HashMap<>();

    public static void main(String[] arguments) throws IOException {
        Clients clients = new Clients();
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            print(clients.answer(line));
        }
        // Threads of the SDKs would keep the process alive.
        System.exit(0);
    }

    static void print(Object line) {
        try {
            System.out.println(JSON.writeValueAsString(line));
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private Answer answer(String line) {
        try {
            return obey(JSON.readValue(line, Command.class));
        } catch (Exception error) {
            return new Answer(true, null, null, null, Failure.of(error));
        }
    }

    private Answer obey(Command command) {
        switch (command.action()) {
            case "versions":
                return new Answer(true, Versions.find(), null, null, null);
            case "credential":
                credentials.put(command.credential(), Credentials.make(command));
                return new Answer(true, null, null, null, null);
            case "token":
                Credentials.Token token = Credentials.getToken(find(command), command);
                return new Answer(true, null, token, null, null);
            case "chat":
                return new Answer(true, null, null, Chat.hold(find(command), command), null);
            default:
                throw new NoSuchElementException("there is no command " + command.action());
        }
    }

    private TokenCredential find(Command command) {
        TokenCredential credential = credentials.get(command.credential());
        if (credential == null) {
            throw new NoSuchElementException("there is no credential " + command.credential());
        }
        return credential;
    }
}
