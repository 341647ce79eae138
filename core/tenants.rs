//! The person's tenants: which open silently, which want a sign-in of their own, and what is found
//! in them. All side by side, with one refresh token; none holds up or fails another.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use tokio::sync::Semaphore;

use crate::clock::within;
use crate::diagnosis::too_slow;
use crate::directory::{self, Subscription, Tenant};
use crate::failure::{Code, Failure};
use crate::http::Cause;
use crate::identity::Identity;
use crate::resources::{self, Found, Opened, Pace, Search, Source};
use crate::snapshot::{Audience, TenantState, TenantStatus};

/// A tenant that has not answered after this long is told as too slow; the others go on.
const LIMIT: Duration = Duration::from_secs(30);
/// So many tenants are asked at once: a guest of hundreds would wait for none of them otherwise.
const AT_ONCE: usize = 32;
/// Reading what is in a subscription may take longer: it can have thousands of accounts.
const READ_LIMIT: Duration = Duration::from_secs(60);

/// What is seen on the way through the tenants, as it arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Which tenants there are.
    Listed(Vec<Tenant>),
    /// One of them has another state.
    Tenant(Box<TenantState>),
    /// What was found in one of them.
    Accounts {
        /// Its id.
        tenant: String,
        /// The accounts.
        found: Found,
    },
}

/// How the tenants are looked at: nobody waits for all of a large company at once.
struct Manner {
    asking: Semaphore,
    reading: Pace,
    source: Source,
}

impl Manner {
    fn of(source: Source) -> Self {
        Manner { asking: Semaphore::new(AT_ONCE), reading: Pace::within(READ_LIMIT), source }
    }
}

/// Goes through all tenants of the person. Those that were there the last time are asked at once,
/// side by side with the list.
///
/// Fails where the list cannot be had; what was seen by then is as good as ever.
pub async fn survey(
    identity: &Arc<Identity>,
    source: Source,
    told: &(impl Fn(Sight) + Sync),
) -> Result<(), Failure> {
    let home = identity.home().tid.clone();
    let mut asked = HashSet::from([home.to_ascii_lowercase()]);
    let manner = &Manner::of(source);
    let mut visits = FuturesUnordered::new();
    told(Sight::Tenant(Box::new(checking(identity, &home))));
    visits.push(visit(identity, manner, home.clone(), Cause::none(), told));
    for tenant in identity.likely_tenants() {
        if asked.insert(tenant.to_ascii_lowercase()) {
            visits.push(visit(identity, manner, tenant, Cause::none(), told));
        }
    }
    let mut outcome = Ok(());
    let list = directory::list_tenants(identity, &home);
    let list = identity.http().within(LIMIT, "Azure", list);
    let mut list = std::pin::pin!(list.fuse());
    loop {
        futures::select_biased! {
            listed = list => match listed {
                Ok((tenants, cause)) => {
                    let others = tenants.iter().map(|tenant| tenant.id.clone());
                    identity.remember_tenants(others.filter(|id| !id.eq_ignore_ascii_case(&home)));
                    told(Sight::Listed(tenants.clone()));
                    for tenant in tenants {
                        if asked.insert(tenant.id.to_ascii_lowercase()) {
                            visits.push(visit(identity, manner, tenant.id, cause.clone(), told));
                        }
                    }
                }
                Err(failure) => outcome = Err(failure),
            },
            () = visits.select_next_some() => {}
            complete => return outcome,
        }
    }
}

/// Goes through these tenants once more.
pub async fn survey_again(
    identity: &Arc<Identity>,
    tenants: &[String],
    source: Source,
    told: &(impl Fn(Sight) + Sync),
) {
    let manner = &Manner::of(source);
    let visits = tenants.iter().map(|tenant| {
        told(Sight::Tenant(Box::new(checking(identity, tenant))));
        visit(identity, manner, tenant.clone(), Cause::none(), told)
    });
    futures::future::join_all(visits).await;
}

/// Looks at one tenant when its turn has come; waiting for it does not count against the tenant.
async fn visit(
    identity: &Arc<Identity>,
    manner: &Manner,
    tenant: String,
    cause: Cause,
    told: &(impl Fn(Sight) + Sync),
) {
    // Nobody closes the semaphore.
    let turn = manner.asking.acquire().await;
    let opened = identity.claims_in(&tenant, &cause).boxed().shared();
    let subscriptions = async {
        // Large futures within large ones would not fit on the stack of a thread.
        let reached = Box::pin(reach(identity, &tenant, &cause, opened.clone()));
        let reached = within(&**identity.http().clock(), LIMIT, reached).await;
        let (state, subscriptions) = reached.unwrap_or_else(|| {
            let state = checking(identity, &tenant);
            (refuse(state, too_slow("Azure", LIMIT), None), Vec::new())
        });
        drop(turn);
        told(Sight::Tenant(Box::new(state)));
        subscriptions
    };
    let (source, pace) = (manner.source, &manner.reading);
    let (tenant, cause, opened) = (&tenant, &cause, opened.clone());
    let search = Search { identity, tenant, cause, opened, source, pace };
    let told = |found| told(Sight::Accounts { tenant: tenant.clone(), found });
    Box::pin(resources::find_accounts(search, subscriptions, &told)).await;
}

/// Gets the tokens for both audiences, neither after the other, and the subscriptions.
async fn reach(
    identity: &Identity,
    tenant: &str,
    cause: &Cause,
    opened: Opened<'_>,
) -> (TenantState, Vec<(Subscription, Cause)>) {
    let management = async {
        let claims = opened.await?;
        let (subscriptions, name) = futures::join!(
            directory::list_subscriptions(identity, tenant, cause),
            name_of(identity, tenant),
        );
        Ok::<_, Failure>((claims.oid, subscriptions?, name))
    };
    let chat = identity.prepare_inference(tenant, cause);
    let (management, chat) = futures::join!(management, chat);
    let mut state = checking(identity, tenant);
    let localize = |failure| identity.http().cloud().localize(failure);
    let (object_id, subscriptions, name) = match management {
        Ok(found) => found,
        Err(failure) => {
            let refused = chat.is_ok().then_some(Audience::Management);
            return (refuse(state, localize(failure), refused), Vec::new());
        }
    };
    state.object_id = Some(object_id);
    state.name = name;
    state.subscriptions = u32::try_from(subscriptions.len()).unwrap_or(u32::MAX);
    let state = match chat {
        Ok(()) => TenantState { status: TenantStatus::Ready, ..state },
        Err(failure) => refuse(state, localize(failure), Some(Audience::Chat)),
    };
    (state, subscriptions)
}

/// A tenant tells its name to its own tokens only (recorded: tenants.list__200); it is a courtesy,
/// and asked for once.
async fn name_of(identity: &Identity, tenant: &str) -> Option<String> {
    if tenant.eq_ignore_ascii_case(&identity.home().tid) {
        // The list of tenants, which is being read anyway, brings it.
        return None;
    }
    if let Some(known) = identity.name_of_tenant(tenant) {
        return Some(known);
    }
    let (tenants, _) = directory::list_tenants(identity, tenant).await.ok()?;
    let name = tenants.into_iter().find(|one| one.id.eq_ignore_ascii_case(tenant))?.name?;
    identity.remember_name(tenant, &name);
    Some(name)
}

fn checking(identity: &Identity, tenant: &str) -> TenantState {
    TenantState {
        id: tenant.to_owned(),
        name: None,
        home: tenant.eq_ignore_ascii_case(&identity.home().tid),
        object_id: None,
        status: TenantStatus::Checking,
        subscriptions: 0,
        failure: None,
        refused: None,
    }
}

fn refuse(state: TenantState, failure: Failure, refused: Option<Audience>) -> TenantState {
    tracing::info!(code = ?failure.code, ?refused, "a tenant does not open silently");
    let status = match is_cured_by_sign_in(failure.code) {
        true => TenantStatus::NeedsSignIn,
        false => TenantStatus::Blocked,
    };
    TenantState { status, failure: Some(failure), refused, ..state }
}

/// Whether a sign-in of its own is likely to open the tenant.
fn is_cured_by_sign_in(code: Code) -> bool {
    [
        Code::SecondFactorNeeded,
        Code::SecondFactorMissing,
        Code::SignInExpired,
        Code::ConsentNeeded,
        Code::ProofNeeded,
        Code::BorrowedProofNeeded,
        Code::ToolNeedsSignIn,
    ]
    .contains(&code)
}
