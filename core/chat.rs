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
use crate::failure::{Action, Code, Failure, Link};
use crate::http::{Answer, Cause, Request, StreamedAnswer};
use crate::identity::Identity;
use crate::resources::{Account, no_custom_subdomain};

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
        && is_path_unknown(answer)
    {
        let path = format!("openai/deployments/{}/chat/completions", segment(deployment));
        let mut dated = address(account, &path)?;
        dated.query_pairs_mut().append_pair("api-version", DATED_API);
        opened = identity.open(&account.tenant_id, request(dated)).await?;
    }
    match opened {
        Ok(answer) => read_events(answer, &account.resource.name, deployment, &mut on_piece).await,
        Err(answer) => Err(refused(identity, account, deployment, &answer)),
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
    let broken = |reason: String| {
        Failure::new(Code::UnexpectedAnswer)
            .with("host", host)
            .detail("cause", reason)
            .offer(Action::SendTestMessage)
    };
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
                    Some("content_filter") if !any => Err(filtered(deployment)),
                    None if !any => Err(broken("the answer is empty".to_owned())),
                    _ => Ok(cause),
                };
            }
            let event: Event =
                serde_json::from_str(&data).map_err(|error| broken(error.to_string()))?;
            if let Some(error) = event.error {
                return Err(broken(error.to_string()));
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
    let mut failure = lost.unwrap_or_else(|| broken("the answer ended early".to_owned()));
    failure.remedies.clear();
    Err(failure.offer(Action::SendTestMessage))
}

/// The content filter stopped the question or the answer: access works.
fn filtered(deployment: &str) -> Failure {
    Failure::new(Code::ContentFiltered)
        .with("deployment", deployment)
        .offer(Action::SendTestMessage)
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

/// "Resource not found" with code 404 says that the path is not known, not the deployment.
fn is_path_unknown(answer: &Answer) -> bool {
    let error = answer.error();
    answer.status.as_u16() == 404 && (error.code == "404" || error.message == "Resource not found")
}

/// What a refused chat means (failures C1 to C23). A 401 is told apart by its body only.
fn refused(identity: &Identity, account: &Account, deployment: &str, answer: &Answer) -> Failure {
    let error = answer.error();
    let resource = &account.resource.name;
    let now = identity.http().clock().now();
    let has = |text: &str| error.message.contains(text);
    let failure = match answer.status.as_u16() {
        401 if error.code == "PermissionDenied" => Failure::new(Code::ChatNotPermitted)
            .with("resource", resource)
            .offer(Action::CheckAccess)
            .offer(Action::SendTestMessage),
        401 => Failure::new(Code::ChatTokenRefused)
            .with("resource", resource)
            .offer(Action::SignIn)
            .offer(Action::SendTestMessage),
        400 if has("does not match resource tenant") => Failure::new(Code::ChatTenantMismatch)
            .with("resource", resource)
            .offer(Action::SwitchAccount)
            .offer(Action::ChooseResource),
        400 if has("custom subdomain") => {
            no_custom_subdomain(resource).offer(Action::ChooseResource)
        }
        400 if error.code == "content_filter" => filtered(deployment),
        403 if has("Virtual Network")
            || has("Public access is disabled")
            || has("private endpoint") =>
        {
            Failure::new(Code::NetworkRules)
                .with("resource", resource)
                .link(Link::Portal, identity.http().cloud().portal(&account.resource.id))
                .offer(Action::SendTestMessage)
                .offer(Action::ChooseResource)
        }
        404 if error.code == "DeploymentNotFound" => Failure::new(Code::DeploymentNotFound)
            .with("deployment", deployment)
            .with("resource", resource)
            .offer(Action::ChooseResource)
            .offer(Action::SendTestMessage),
        404 => Failure::new(Code::EndpointNotFound)
            .with("host", &account.resource.endpoint)
            .offer(Action::ReadResources)
            .offer(Action::SendTestMessage),
        429 => Failure::new(Code::ChatThrottled)
            .with("deployment", deployment)
            .with("seconds", answer.retry_after(now).map_or(60, |wait| wait.as_secs().max(1)))
            .offer(Action::SendTestMessage)
            .offer(Action::ChooseResource),
        500..=599 => return with_send_again(answer.unexpected(now)),
        _ => {
            let reason = if error.message.is_empty() { &error.code } else { &error.message };
            Failure::new(Code::ChatRefused)
                .with("reason", reason)
                .offer(Action::SendTestMessage)
                .offer(Action::ChooseResource)
        }
    };
    answer.describe(failure)
}

fn with_send_again(mut failure: Failure) -> Failure {
    failure.remedies.clear();
    failure
        .offer(Action::SendTestMessage)
        .link(Link::ServiceHealth, "https://azure.status.microsoft/")
}
