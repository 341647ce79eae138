package clients;

import com.azure.core.credential.AccessToken;
import com.azure.core.credential.TokenCredential;
import com.azure.core.credential.TokenRequestContext;
import com.azure.identity.AzureCliCredentialBuilder;
import com.azure.identity.ClientSecretCredentialBuilder;
import com.azure.identity.DefaultAzureCredentialBuilder;
import com.azure.identity.DeviceCodeCredentialBuilder;
import com.azure.identity.DeviceCodeInfo;
import com.azure.identity.InteractiveBrowserCredentialBuilder;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.NoSuchElementException;
import reactor.core.publisher.Mono;

/** Credentials as an application makes them: an option that is left out stays at its default. */
final class Credentials {
    /** A busy machine starts the Azure CLI more slowly than the default of ten seconds allows. */
    private static final Duration CLI_TIMEOUT = Duration.ofMinutes(1);

    /** An access token, and the seconds from now for which it lives. */
    record Token(String token, long expiresIn) {}

    /** Asks for a person who enters the code at the address. */
    record DeviceCode(String event, String userCode, String verificationUri, String message) {
        static void show(DeviceCodeInfo code) {
            Clients.print(
                    new DeviceCode(
                            "device-code",
                            code.getUserCode(),
                            code.getVerificationUrl(),
                            code.getMessage()));
        }
    }

    private Credentials() {}

    static TokenCredential make(Clients.Command command) {
        switch (command.kind()) {
            case "default":
                return new DefaultAzureCredentialBuilder()
                        .credentialProcessTimeout(CLI_TIMEOUT)
                        .build();
            case "azure-cli":
                AzureCliCredentialBuilder cli =
                        new AzureCliCredentialBuilder().processTimeout(CLI_TIMEOUT);
                return command.tenant() == null ? cli.build() : cli.tenantId(command.tenant()).build();
            case "device-code":
                return deviceCode(command).build();
            case "browser":
                return browser(command).build();
            case "client-secret":
                return new ClientSecretCredentialBuilder()
                        .tenantId(command.tenant())
                        .clientId(command.clientId())
                        .clientSecret(command.clientSecret())
                        .build();
            case "token":
                // One token for every scope, as a program has it that mixes them up.
                OffsetDateTime soon = OffsetDateTime.now().plusHours(1);
                return request -> Mono.just(new AccessToken(command.token(), soon));
            default:
                throw new NoSuchElementException("there is no credential " + command.kind());
        }
    }

    private static DeviceCodeCredentialBuilder deviceCode(Clients.Command command) {
        DeviceCodeCredentialBuilder builder =
                new DeviceCodeCredentialBuilder().challengeConsumer(DeviceCode::show);
        if (command.tenant() != null) {
            builder.tenantId(command.tenant());
        }
        return command.clientId() == null ? builder : builder.clientId(command.clientId());
    }

    private static InteractiveBrowserCredentialBuilder browser(Clients.Command command) {
        InteractiveBrowserCredentialBuilder builder = new InteractiveBrowserCredentialBuilder();
        if (command.tenant() != null) {
            builder.tenantId(command.tenant());
        }
        return command.clientId() == null ? builder : builder.clientId(command.clientId());
    }

    static Token getToken(TokenCredential credential, Clients.Command command) {
        TokenRequestContext request = new TokenRequestContext().addScopes(command.scope());
        if (command.tenant() != null) {
            request.setTenantId(command.tenant());
        }
        AccessToken token = credential.getTokenSync(request);
        Duration left = Duration.between(OffsetDateTime.now(), token.getExpiresAt());
        return new Token(token.getToken(), left.plusMillis(500).toSeconds());
    }
}
