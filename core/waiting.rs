//! Waiting until a role works: polling with a deadline, which is not a retry.
//!
//! Every 2 s in the first minute, then every 5 s, after five minutes every 10 s; one request in
//! flight. The first success is the sign that it works. Microsoft names up to 10 minutes
//! ("Troubleshoot Azure RBAC").

use std::time::Duration;

use crate::chat;
use crate::diagnosis::{self, Evidence, State};
use crate::failure::{Action, Code, Failure, Remedy};
use crate::http::Cause;
use crate::identity::Identity;
use crate::resources::Account;
use crate::snapshot::Waiting;

/// After this the wizard stops to look and says what else it could be.
pub const DEADLINE: Duration = Duration::from_secs(10 * 60);
/// After this a new token is asked for, once: it may know of a role that the old one does not.
const RENEW_AFTER: Duration = Duration::from_secs(5 * 60);
/// A network or a service that comes back within this time does not end the wait.
const OUTAGE: Duration = Duration::from_secs(2 * 60);
/// A new subdomain leads nowhere for about 90 s, and a new deployment is not known for up to five
/// minutes (recorded body of `DeploymentNotFound`).
const NEWBORN: Duration = Duration::from_secs(5 * 60);
const QUESTION: &str = "Say hello.";

/// How long to pause after `elapsed` has passed since the first look.
pub fn pause_after(elapsed: Duration) -> Duration {
    Duration::from_secs(match elapsed.as_secs() {
        0..60 => 2,
        60..300 => 5,
        _ => 10,
    })
}

/// Looks until the chat is allowed, tells of every look, and returns the answer that allowed it.
pub async fn wait_for_role(
    identity: &Identity,
    account: &Account,
    deployment: &str,
    role: &str,
    cause: &Cause,
    on_look: impl Fn(Waiting) + Send,
) -> Result<Cause, Failure> {
    let clock = identity.http().clock();
    let started = clock.elapsed();
    let (mut attempts, mut renewed, mut lost) = (0, false, None);
    loop {
        let failure = match chat::ask(identity, account, deployment, QUESTION, cause, |_| {}).await
        {
            Ok(cause) => return Ok(cause),
            Err(failure) => failure,
        };
        attempts += 1;
        let elapsed = clock.elapsed().saturating_sub(started);
        match (failure.code, patience(failure.code)) {
            (Code::ChatThrottled | Code::ContentFiltered, _) => return Ok(cause.clone()),
            (Code::ChatNotPermitted, _) => lost = None,
            (_, Some(patience)) if elapsed - *lost.get_or_insert(elapsed) < patience => {}
            _ => return Err(keep_waiting(failure)),
        }
        if elapsed >= DEADLINE {
            let minutes = (elapsed.as_secs() / 60).to_string();
            let known = [("role", role), ("minutes", &minutes)];
            let evidence = Evidence::state(State::RoleNotEffective);
            return Err(diagnosis::explain(&evidence, &known).detail("attempts", attempts));
        }
        if elapsed >= RENEW_AFTER && !renewed {
            renewed = true;
            identity.renew_inference(&account.tenant_id).await;
        }
        let pause = pause_after(elapsed);
        on_look(Waiting {
            elapsed_seconds: seconds(elapsed),
            attempts,
            next_in_seconds: seconds(pause),
            unanswered: lost.is_some(),
        });
        clock.sleep(pause).await;
    }
}

/// How long an answer may come again that says nothing of the role.
fn patience(code: Code) -> Option<Duration> {
    match code {
        Code::NetworkFailed
        | Code::ConnectionRefused
        | Code::TimedOut
        | Code::ServiceFailed
        | Code::Throttled => Some(OUTAGE),
        Code::NameNotFound | Code::EndpointNotFound | Code::DeploymentNotFound => Some(NEWBORN),
        _ => None,
    }
}

/// The role is assigned all the same: what stopped the look is told, and one can look again.
fn keep_waiting(mut failure: Failure) -> Failure {
    let again = [Action::TryAgain, Action::SendTestMessage];
    let is_again =
        |remedy: &Remedy| matches!(remedy, Remedy::Action { action } if again.contains(action));
    let place = failure.remedies.iter().position(is_again).unwrap_or(failure.remedies.len());
    failure.remedies.retain(|remedy| !is_again(remedy));
    failure.remedies.insert(place, Remedy::Action { action: Action::KeepWaiting });
    failure
}

fn seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_looks_get_rarer_as_time_goes_by() {
        let pauses =
            [0, 59, 60, 299, 300, 900].map(|at| pause_after(Duration::from_secs(at)).as_secs());
        assert_eq!(pauses, [2, 2, 5, 5, 10, 10]);
    }
}
