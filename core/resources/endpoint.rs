//! The endpoint of a resource as people hand it on: copied from the portal, a sample or a `.env`.

use url::Url;

use crate::cloud::{Cloud, Service};
use crate::snapshot::{DeploymentTrouble, EndpointTrouble};

/// What surrounds an address that was copied out of code or a message.
const AROUND: &[char] = &['"', '\'', '`', '<', '>', ',', ';'];
/// How a shell begins a line that sets a variable.
const SETTERS: [&str; 3] = ["export ", "set ", "$env:"];
/// What stands before the name of a deployment in the older paths of Azure OpenAI.
const BEFORE_DEPLOYMENT: &str = "deployments";
/// Azure takes no longer name for a deployment.
const LONGEST_DEPLOYMENT: usize = 64;

/// An address that leads to a resource of this cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pasted {
    /// Where chat requests go, without a trailing slash.
    pub endpoint: String,
    /// The resource's subdomain.
    pub name: String,
    /// The deployment that its path names.
    pub deployment: Option<String>,
}

/// Reads the address of a resource out of what was pasted: with any path, between quotes, or as a
/// line that sets a variable.
///
/// # Errors
/// Why it cannot be used. A token may be sent to every endpoint that is returned
/// ([`Cloud::owns`]).
pub fn read_endpoint(cloud: &Cloud, text: &str) -> Result<Pasted, EndpointTrouble> {
    let text = value_in(text);
    if text.is_empty() {
        return Err(EndpointTrouble::Empty);
    }
    let url = address(text).ok_or(EndpointTrouble::Malformed)?;
    if cloud.is_region(&url) {
        return Err(EndpointTrouble::KeysOnly);
    }
    if !cloud.owns(Service::Inference, &url) {
        let plain = is_plain(&url) || cloud.is_practice();
        return Err(if plain { EndpointTrouble::Elsewhere } else { EndpointTrouble::Malformed });
    }
    let (endpoint, name) = cloud.resource_at(&url).ok_or(EndpointTrouble::Elsewhere)?;
    Ok(Pasted { endpoint, name, deployment: deployment_in(&url) })
}

/// Reads the name of a deployment out of what was pasted.
///
/// # Errors
/// Why it cannot be one.
pub fn read_deployment(text: &str) -> Result<String, DeploymentTrouble> {
    match value_in(text) {
        "" => Err(DeploymentTrouble::Empty),
        name if is_deployment(name) => Ok(name.to_owned()),
        _ => Err(DeploymentTrouble::Malformed),
    }
}

/// The value of a line that sets a variable, or the text itself; without what surrounds it.
fn value_in(text: &str) -> &str {
    let line = text.trim();
    let value = match line.split_once('=') {
        Some((name, value)) if is_variable(name) => value,
        _ => line,
    };
    value.trim_matches(|it: char| it.is_whitespace() || AROUND.contains(&it))
}

fn is_variable(text: &str) -> bool {
    let name = SETTERS.iter().find_map(|setter| text.strip_prefix(setter)).unwrap_or(text).trim();
    !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
}

/// The address that the text is; people leave out how it begins.
fn address(text: &str) -> Option<Url> {
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    Url::parse(&whole).ok().filter(|url| url.host_str().is_some_and(|host| host.contains('.')))
}

/// Whether only its host can be wrong.
fn is_plain(url: &Url) -> bool {
    url.scheme() == "https"
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && url.domain().is_some()
}

fn deployment_in(url: &Url) -> Option<String> {
    let mut segments = url.path_segments()?.skip_while(|it| *it != BEFORE_DEPLOYMENT).skip(1);
    segments.next().filter(|name| is_deployment(name)).map(str::to_owned)
}

/// Letters, digits, hyphens, dots and underscores, the first a letter or a digit (portal, "Deploy
/// model"): nothing that a `.env` would have to quote.
fn is_deployment(name: &str) -> bool {
    name.len() <= LONGEST_DEPLOYMENT
        && name.starts_with(|it: char| it.is_ascii_alphanumeric())
        && name.bytes().all(|it| it.is_ascii_alphanumeric() || b"-._".contains(&it))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::cloud::CLOUDS;

    const BASE: &str = "http://127.0.0.1:4711";

    fn practice() -> Cloud {
        let at = |service: &str| format!("{BASE}/{service}");
        Cloud::practice(&at("entra"), &at("arm"), &at("openai"), &at("graph"))
            .expect("four loopback addresses")
    }

    fn read(text: &str) -> Result<Pasted, EndpointTrouble> {
        read_endpoint(&Cloud::public(), text)
    }

    #[test]
    fn an_address_is_read_whatever_was_copied_with_it() {
        for text in [
            "https://contoso.openai.azure.com",
            "https://contoso.openai.azure.com/",
            "https://contoso.openai.azure.com//",
            "  https://Contoso.OpenAI.azure.com/openai/v1/\n",
            "\"https://contoso.openai.azure.com/\"",
            "'https://contoso.openai.azure.com/',",
            "<https://contoso.openai.azure.com/>",
            "contoso.openai.azure.com",
            "https://contoso.openai.azure.com:443/",
            "https://contoso.openai.azure.com/openai/v1/chat/completions?api-version=preview#x",
            "AZURE_OPENAI_ENDPOINT=https://contoso.openai.azure.com/",
            "AZURE_OPENAI_ENDPOINT = \"https://contoso.openai.azure.com/\"  # ours",
            "export AZURE_OPENAI_ENDPOINT='https://contoso.openai.azure.com/'",
            "$env:AZURE_OPENAI_ENDPOINT = \"https://contoso.openai.azure.com/\"",
            "set AZURE_OPENAI_ENDPOINT=https://contoso.openai.azure.com/",
        ] {
            let pasted = read(text).unwrap_or_else(|trouble| panic!("{text}: {trouble:?}"));
            assert_eq!(pasted.endpoint, "https://contoso.openai.azure.com", "{text}");
            assert_eq!((&*pasted.name, pasted.deployment), ("contoso", None), "{text}");
        }
    }

    #[test]
    fn each_host_of_a_resource_leads_there() {
        for host in
            ["hub.openai.azure.com", "hub.cognitiveservices.azure.com", "hub.services.ai.azure.com"]
        {
            let pasted = read(&format!("https://{host}/api/projects/p")).expect("a resource");
            assert_eq!(pasted.endpoint, format!("https://{host}"));
            assert_eq!(pasted.name, "hub");
        }
    }

    #[test]
    fn a_path_that_names_the_deployment_gives_its_name() {
        let path = "openai/deployments/gpt-4.1-mini/chat/completions?api-version=2024-10-21";
        let pasted = read(&format!("https://contoso.openai.azure.com/{path}")).expect("a resource");
        assert_eq!(pasted.deployment.as_deref(), Some("gpt-4.1-mini"));
        let pasted = read_endpoint(&practice(), &format!("{BASE}/openai/contoso/{path}"));
        assert_eq!(pasted.expect("a resource").deployment.as_deref(), Some("gpt-4.1-mini"));
        for path in ["openai/deployments/", "openai/deployments/%00/", "openai/deployments"] {
            let pasted = read(&format!("https://contoso.openai.azure.com/{path}"));
            assert_eq!(pasted.expect("a resource").deployment, None, "{path}");
        }
    }

    #[test]
    fn what_leads_nowhere_says_why() {
        use EndpointTrouble::{Elsewhere, Empty, KeysOnly, Malformed};
        for (text, trouble) in [
            ("", Empty),
            ("  \"\" ", Empty),
            ("AZURE_OPENAI_ENDPOINT=", Empty),
            ("contoso", Malformed),
            ("https://", Malformed),
            ("https:// contoso.openai.azure.com", Malformed),
            ("http://contoso.openai.azure.com/", Malformed),
            ("ftp://contoso.openai.azure.com/", Malformed),
            ("https://contoso.openai.azure.com:8443/", Malformed),
            ("https://ada@contoso.openai.azure.com/", Malformed),
            ("https://ada:secret@contoso.openai.azure.com/", Malformed),
            ("https://127.0.0.1/", Malformed),
            ("https://api.openai.com/v1", Elsewhere),
            ("https://contoso.openai.azure.com.evil.example/", Elsewhere),
            ("https://contoso.openai.azure.us/", Elsewhere),
            ("https://openai.azure.com/", Elsewhere),
            ("https://contoso.privatelink.openai.azure.com/", Elsewhere),
            ("https://management.azure.com/", Elsewhere),
            ("https://swedencentral.api.cognitive.microsoft.com/", KeysOnly),
        ] {
            assert_eq!(read(text), Err(trouble), "{text}");
        }
        let government = Cloud::of(&CLOUDS[1]);
        for (text, trouble) in [
            ("https://contoso.openai.azure.com/", Elsewhere),
            ("https://usgovvirginia.api.cognitive.microsoft.us/", KeysOnly),
        ] {
            assert_eq!(read_endpoint(&government, text), Err(trouble), "{text}");
        }
    }

    #[test]
    fn practice_takes_its_own_addresses_only() {
        let read = |text: &str| read_endpoint(&practice(), text);
        let pasted = read(&format!("{BASE}/openai/contoso/openai/v1/")).expect("a resource");
        assert_eq!(pasted.endpoint, format!("{BASE}/openai/contoso"));
        assert_eq!(pasted.name, "contoso");
        let region = format!("{BASE}/openai/swedencentral.api.cognitive/");
        assert_eq!(read(&region), Err(EndpointTrouble::KeysOnly));
        for text in [
            "http://127.0.0.1:4712/openai/contoso",
            "http://127.0.0.1:4711/arm/contoso",
            "http://127.0.0.1:4711/openai/",
            "https://contoso.openai.azure.com/",
        ] {
            assert_eq!(read(text), Err(EndpointTrouble::Elsewhere), "{text}");
        }
    }

    #[test]
    fn the_name_of_a_deployment_is_read_like_an_address() {
        assert_eq!(read_deployment(" \"gpt-4.1_mini\" ").as_deref(), Ok("gpt-4.1_mini"));
        assert_eq!(read_deployment("AZURE_OPENAI_DEPLOYMENT=chat").as_deref(), Ok("chat"));
        assert_eq!(read_deployment(" "), Err(DeploymentTrouble::Empty));
        for odd in ["two words", "a/b", "a#b", "-chat", "$(x)", "ä", &"a".repeat(65)] {
            assert_eq!(read_deployment(odd), Err(DeploymentTrouble::Malformed), "{odd}");
        }
    }

    /// Something put together from what addresses are made of, most of it nearly one.
    fn pieces() -> impl Strategy<Value = String> {
        let one_of = |parts: Vec<&'static str>| select(parts);
        let around = one_of(vec!["", "", "\"", " ", "AZURE_OPENAI_ENDPOINT=", "export E="]);
        let scheme = one_of(vec!["https://", "https://", "http://", ""]);
        let person = one_of(vec!["", "", "ada@", "ada:secret@"]);
        let host = one_of(vec![
            "contoso.openai.azure.com",
            "contoso.cognitiveservices.azure.com",
            "a.b.services.ai.azure.com",
            "contoso.openai.azure.us",
            "evil.example",
            "127.0.0.1:4711/openai/contoso",
            "127.0.0.1:4711/arm/contoso",
        ]);
        let port = one_of(vec!["", "", ":443", ":8443", ".evil.example"]);
        let tail = prop_oneof![
            select(vec!["", "/", "/openai/v1/", "/deployments/chat", "/../arm", "\\@evil.example"])
                .prop_map(str::to_owned),
            any::<String>(),
        ];
        let parts = (around, scheme, person, host, port, tail);
        parts.prop_map(|(a, b, c, d, e, f)| format!("{a}{b}{c}{d}{e}{f}"))
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_crash_and_leads_nowhere(text in any::<String>()) {
            for cloud in CLOUDS.iter().map(Cloud::of).chain([practice()]) {
                prop_assert!(read_endpoint(&cloud, &text).is_err());
            }
        }

        #[test]
        fn no_token_goes_anywhere_else_whatever_was_pasted(text in pieces()) {
            let clouds = CLOUDS.iter().map(Cloud::of).chain([practice()]);
            for cloud in clouds {
                let Ok(pasted) = read_endpoint(&cloud, &text) else { continue };
                for path in ["", "/openai/v1/chat/completions"] {
                    let url = Url::parse(&format!("{}{path}", pasted.endpoint));
                    let owned = url.is_ok_and(|url| cloud.owns(Service::Inference, &url));
                    prop_assert!(owned, "{} out of {text:?}", pasted.endpoint);
                }
                let again = read_endpoint(&cloud, &pasted.endpoint);
                prop_assert_eq!(again, Ok(Pasted { deployment: None, ..pasted }));
            }
        }

        #[test]
        fn a_deployment_needs_no_quotes(text in any::<String>()) {
            if let Ok(name) = read_deployment(&text) {
                let plain = |it: char| it.is_ascii_alphanumeric() || "-._".contains(it);
                prop_assert!(name.chars().all(plain), "{name}");
            }
        }
    }
}
