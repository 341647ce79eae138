//! The test message: a streamed chat over `/openai/v1`.
//!
//! Only `model`, `messages` and `stream` are sent: newer models refuse older parameters. Shapes:
//! recorded aoai.chat__200__stream; the first event may have no choices.

use futures::StreamExt;
use serde::Deserialize;
use serde_json::{Value, json};
use sse_stream::SseByteStream;
use url::Url;

use crate::cloud::Service;
use crate::diagnosis::{self, Asked, Evidence, State};
use crate::failure::{Action, Code, Failure};
use crate::http::{Cause, Request, StreamedAnswer};
use crate::identity::Identity;
use crate::resources::Account;

/// The newest dated version, for endpoints that do not know `/openai/v1`.
const DATED_API: &str = "2024-10-21";

/// Sends the message, hands over the answer piece by piece, and returns it as a cause.
pub async fn ask(
    identity: &Identity,
    account: &Account,
    deployment: &str,
    question: &str,
    cause: &Cause,
    mut on_piece: impl FnMut(&str) + Send,
) -> Result<Cause, Failure> {
    let request = |url: Url| {
        let body = json!({
            "model": deployment,
            "messages": [{ "role": "user", "content": question }],
            "stream": true,
        });
        Request::post(Service::Inference, url, body, cause.clone())
    };
    let current = address(account, "openai/v1/chat/completions")?;
    let mut opened = identity.open(&account.tenant_id, request(current)).await?;
    if let Err(answer) = &opened
        && answer.meaning() == Some(Code::PathNotFound)
    {
        let path = format!("openai/deployments/{}/chat/completions", segment(deployment));
        let mut dated = address(account, &path)?;
        dated.query_pairs_mut().append_pair("api-version", DATED_API);
        opened = identity.open(&account.tenant_id, request(dated)).await?;
    }
    match opened {
        Ok(answer) => read_events(answer, &account.resource.name, deployment, &mut on_piece).await,
        Err(answer) => {
            let portal = identity.http().cloud().portal(&account.resource.id);
            let mut known = vec![
                ("deployment", deployment),
                ("resource", account.resource.name.as_str()),
                ("tenant", account.delegated_from.as_ref().unwrap_or(&account.tenant_id)),
            ];
            // The portal opens what has an id.
            known.extend(account.is_listed().then_some(("portal", portal.as_str())));
            Err(answer.failure(&known))
        }
    }
}

#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    choices: Vec<Choice>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Delta {
    content: Option<String>,
}

/// Hands over the pieces of a streamed answer until its `[DONE]`.
///
/// # Errors
/// `UnexpectedAnswer` for a stream that is no chat or ends without its mark, `ContentFiltered`,
/// and the transport's own failure.
pub async fn read_events(
    answer: StreamedAnswer,
    host: &str,
    deployment: &str,
    on_piece: &mut (impl FnMut(&str) + Send),
) -> Result<Cause, Failure> {
    let cause = answer.cause;
    let told = |evidence: Evidence| {
        diagnosis::explain(&evidence.asked(Asked::Chat).at(host), &[("deployment", deployment)])
    };
    let broken = |reason: String| told(Evidence::default()).detail("cause", reason);
    let mut lost = None;
    let (mut any, mut finish) = (false, None::<String>);
    {
        let body = answer.body.map(|piece| {
            piece.map_err(|failure| lost = Some(failure)).map_err(|()| std::io::Error::other("cut"))
        });
        let mut events = SseByteStream::new(body);
        while let Some(event) = events.next().await {
            let Ok(event) = event else { break };
            let Some(data) = event.data else { continue };
            if data == "[DONE]" {
                return match finish.as_deref() {
                    Some("content_filter") if !any => {
                        Err(told(Evidence::state(State::AnswerFiltered)))
                    }
                    None if !any => Err(broken("the answer is empty".to_owned())),
                    _ => Ok(cause),
                };
            }
            let event: Event =
                serde_json::from_str(&data).map_err(|error| broken(error.to_string()))?;
            if let Some(error) = event.error {
                let error = error.to_string();
                return Err(told(Evidence::text(&error)).detail("cause", error));
            }
            for choice in event.choices {
                finish = choice.finish_reason.or(finish);
                let text = choice.delta.content.unwrap_or_default();
                if !text.is_empty() {
                    any = true;
                    on_piece(&text);
                }
            }
        }
    }
    Err(lost.unwrap_or_else(|| broken("the answer ended early".to_owned())))
}

fn address(account: &Account, path: &str) -> Result<Url, Failure> {
    Url::parse(&format!("{}/{path}", account.resource.endpoint)).map_err(|_| {
        Failure::new(Code::EndpointNotFound)
            .with("host", &account.resource.endpoint)
            .offer(Action::ChooseResource)
    })
}

fn segment(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
