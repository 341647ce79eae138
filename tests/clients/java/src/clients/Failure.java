package clients;

import com.azure.core.exception.HttpResponseException;
import com.microsoft.aad.msal4j.MsalException;
import com.microsoft.aad.msal4j.MsalServiceException;
import com.openai.errors.OpenAIServiceException;
import java.util.Map;

/**
 * An error as an application sees it: the SDK's own type, and what it kept of the answer. Status and
 * code are the service's: of inference {@code error.code}, of Entra {@code error}.
 */
record Failure(String type, int status, String code, String message) {
    static Failure of(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof OpenAIServiceException ofOpenAI) {
                return new Failure(
                        nameOf(ofOpenAI),
                        ofOpenAI.statusCode(),
                        ofOpenAI.code().orElse(""),
                        ofOpenAI.getMessage() + " " + ofOpenAI.body());
            }
            if (cause instanceof MsalServiceException ofEntra) {
                int status = ofEntra.statusCode() == null ? 0 : ofEntra.statusCode();
                return new Failure(
                        nameOf(ofEntra), status, ofEntra.errorCode(), ofEntra.getMessage());
            }
            if (cause instanceof MsalException ofEntra) {
                return new Failure(nameOf(ofEntra), 0, ofEntra.errorCode(), ofEntra.getMessage());
            }
            if (cause instanceof HttpResponseException ofCore && ofCore.getResponse() != null) {
                return new Failure(
                        nameOf(ofCore),
                        ofCore.getResponse().getStatusCode(),
                        codeOf(ofCore.getValue()),
                        ofCore.getMessage());
            }
        }
        return new Failure(nameOf(error), 0, "", textOf(error));
    }

    private static String codeOf(Object body) {
        if (body instanceof Map<?, ?> members
                && members.get("error") instanceof Map<?, ?> inner
                && inner.get("code") instanceof String code) {
            return code;
        }
        return "";
    }

    /** What the error and its causes say. */
    private static String textOf(Throwable error) {
        StringBuilder text = new StringBuilder(String.valueOf(error.getMessage()));
        for (Throwable cause = error.getCause(); cause != null; cause = cause.getCause()) {
            text.append(" <- ").append(cause);
        }
        return text.toString();
    }

    private static String nameOf(Throwable error) {
        return error.getClass().getName();
    }
}
