package clients;

import com.azure.core.credential.AccessToken;
import com.azure.core.credential.TokenCredential;
import com.azure.core.credential.TokenRequestContext;
import com.azure.identity.AadCredentialBuilderBase;
import com.azure.identity.AzureCliCredentialBuilder;
import com.azure.identity.ClientSecretCredentialBuilder;
import com.azure.identity.DefaultAzureCredentialBuilder;
import com.azure.identity.DeviceCodeCredentialBuilder;
import com.azure.identity.DeviceCodeInfo;
import com.azure.identity.InteractiveBrowserCredentialBuilder;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.NoSuchElementException;
import java.util.function.Function;
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
                return build(
                        new DeviceCodeCredentialBuilder().challengeConsumer(DeviceCode::show),
                        command,
                        DeviceCodeCredentialBuilder::build);
            case "browser":
                return build(
                        new InteractiveBrowserCredentialBuilder(),
                        command,
                        InteractiveBrowserCredentialBuilder::build);
            case "client-secret":
                return build(
                        new ClientSecretCredentialBuilder().clientSecret(command.clientSecret()),
                        command,
                        ClientSecretCredentialBuilder::build);
            case "token":
                // One token for every scope, as a program has it that mixes them up.
                OffsetDateTime soon = OffsetDateTime.now().plusHours(1);
                return request -> Mono.just(new AccessToken(command.token(), soon));
            default:
                throw new NoSuchElementException("there is no credential " + command.kind());
        }
    }

    private static <B extends AadCredentialBuilderBase<B>> TokenCredential build(
            B builder, Clients.Command command, Function<B, TokenCredential> finish) {
        if (command.authority() != null) {
            builder.authorityHost(command.authority());
        }
        if (command.tenant() != null) {
            builder.tenantId(command.tenant());
        }
        if (command.clientId() != null) {
            builder.clientId(command.clientId());
        }
        return finish.apply(builder);
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
