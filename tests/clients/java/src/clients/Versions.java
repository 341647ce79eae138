package clients;

import java.io.File;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The SDKs on the class path, by the names of their files, and the runtime. */
final class Versions {
    private static final Pattern SDK =
            Pattern.compile("(azure-identity|azure-ai-openai|openai-java|msal4j)-(\\d.*)\\.jar");

    private Versions() {}

    static Map<String, String> find() {
        Map<String, String> found = new TreeMap<>();
        found.put("java", Runtime.version().toString());
        String path = System.getProperty("java.class.path");
        for (String entry : path.split(Pattern.quote(File.pathSeparator))) {
            Matcher sdk = SDK.matcher(new File(entry).getName());
            if (sdk.matches()) {
                found.put(sdk.group(1), sdk.group(2));
            }
        }
        return found;
    }
}
