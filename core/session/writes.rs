//! What is written, in Azure and on this computer, and the entry of each write.

use std::collections::BTreeMap;

use futures::{StreamExt, stream};
use tokio::sync::Mutex as Turn;

use super::*;
use crate::access::{Access, Assigned, Grant, Whereabouts, Witness};
use crate::changes::{self, Change, Changes, Deed, FileWrite, Naming, Open, Record, State};
use crate::env_file::{Disk, Prepared};
use crate::http::Cause;
use crate::network::authorities::Authorities;
use crate::resources::{self, Account};
use crate::snapshot::{AssignmentPlan, NoUndo};

/// A request that was under way when the window ended may still arrive for so long: until then it
/// is not said of an assignment which is not there that it was never made.
const MAY_ARRIVE: time::Duration = time::Duration::minutes(5);

/// So many changes are looked at side by side;
const LOOKS_AT_ONCE: usize = 8;
/// each no longer than this: a directory may hang.
const LOOK_LIMIT: Duration = Duration::from_secs(15);

/// Begins the entry of an assignment when the request is about to go out.
struct Noting<'a> {
    inner: &'a Inner,
    account: &'a Account,
    plan: &'a AssignmentPlan,
    open: Turn<Option<Arc<Open>>>,
}

#[async_trait]
impl Witness for Noting<'_> {
    async fn about_to_assign(&self, id: &str) {
        let deed = Deed::RoleAssigned(Grant::of(self.account, self.plan, id));
        let mut open = self.open.lock().await;
        match open.clone() {
            Some(open) => beside_the_work(move || open.aim(deed)).await,
            None => *open = Some(self.inner.begin(deed).await),
        };
    }
}

impl Inner {
    pub(super) async fn assign_role(
        &self,
        account: &Account,
        plan: &AssignmentPlan,
        access: &Access,
    ) -> Result<Assigned, Failure> {
        let identity = self.identity()?;
        let noting = Noting { inner: self, account, plan, open: Turn::default() };
        let assigned = access::assign_role(&identity, account, plan, access, &noting).await;
        let state = match &assigned {
            Ok(Assigned { existed: true, .. }) => Some(State::Existed),
            Ok(_) => Some(State::Done),
            Err(failure) => refusal(failure),
        };
        self.end(noting.open.into_inner(), state).await;
        assigned
    }

    /// Sets the subdomain of an account. One that has a subdomain by now is not written to.
    pub(super) async fn set_subdomain(
        &self,
        account: &Account,
        name: &str,
        person: &str,
    ) -> Result<Account, Failure> {
        let identity = self.identity()?;
        let named = match resources::find_subdomain(&identity, account).await? {
            resources::Named::Already(account) => return Ok(*account),
            resources::Named::NotYet(cause) => cause,
        };
        let claims = identity.claims_in(&account.tenant_id, &account.cause).await?;
        let open = self.begin(Deed::SubdomainSet(Naming {
            name: name.to_owned(),
            account: account.resource.id.clone(),
            tenant_id: account.tenant_id.clone(),
            object_id: claims.oid,
        }));
        let open = open.await;
        let set = resources::set_subdomain(&identity, account, name, person, named).await;
        let state = match &set {
            Ok(_) => Some(State::Done),
            Err(failure) => refusal(failure),
        };
        self.end(Some(open), state).await;
        set
    }

    /// Takes away what Keyless assigned; whether it did. What somebody else has made of the same
    /// name since is not Keyless's to take away, and what cannot be seen may be that: nothing is
    /// asked for then.
    pub(super) async fn take_role_away(
        &self,
        grant: Grant,
        cause: &Cause,
    ) -> Result<bool, Failure> {
        let identity = self.identity()?;
        let (found, seen) = access::find_assignment(&identity, &grant, cause).await?;
        if found == Whereabouts::Foreign {
            return Ok(false);
        }
        let open = self.begin(Deed::RoleRemoved(grant.clone())).await;
        let taken = access::undo_assignment(&identity, &grant, &seen).await;
        let state = match &taken {
            Ok(_) => Some(State::Done),
            Err(failure) => refusal(failure),
        };
        self.end(Some(open), state).await;
        taken.map(|_| true)
    }

    /// Once it is begun, it goes on to its end and its entry too, whoever waits for it.
    pub(super) async fn write_env(&self, prepared: Prepared) -> Result<(), Failure> {
        let (changes, clock) = (self.changes.clone(), self.surroundings.clock.clone());
        let (backups, account) = (self.backups(), self.account());
        blocking(move || {
            if prepared.is_unchanged() {
                return env_file::write(&Disk, &prepared, &backups);
            }
            let deed = Deed::EnvWritten(prepared.file_write());
            let open = changes.begin(clock.now(), account, deed);
            let written = env_file::write(&Disk, &prepared, &backups);
            open.end(clock.now(), state_of(&written));
            written
        })
        .await
    }

    pub(super) async fn save_certificates(&self) -> io::Result<()> {
        let authorities = self.surroundings.machine.authorities.clone();
        let path = self.surroundings.data_folder.join(programs::FILE);
        let (changes, clock) = (self.changes.clone(), self.surroundings.clock.clone());
        let account = self.account();
        let work = move || write_certificates(&authorities, &path, &changes, &*clock, account);
        tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
    }

    /// Every entry, after a look at the files.
    pub(super) async fn read_changes(&self) -> Record {
        let (changes, backups) = (self.changes.clone(), self.backups());
        let now = self.surroundings.clock.now();
        beside_the_work(move || changes.read(now, &backups)).await
    }

    /// Looks what became of changes in Azure; why it is still not known of those that were begun, by
    /// number.
    pub(super) async fn look_at_changes(
        &self,
        changes: &[Change],
    ) -> Result<(Record, BTreeMap<u32, NoUndo>), Failure> {
        let identity = self.identity()?;
        let looks: Vec<_> =
            changes.iter().map(|change| self.look_at_change(&identity, change)).collect();
        let looks = stream::iter(looks).buffer_unordered(LOOKS_AT_ONCE);
        let open = looks.filter_map(async |open| open).collect().await;
        Ok((self.read_changes().await, open))
    }

    /// Settles a change where it can be told what became of it; why not, where it was begun.
    async fn look_at_change(&self, identity: &Identity, change: &Change) -> Option<(u32, NoUndo)> {
        let look = Box::pin(self.find_what_became(identity, change));
        let reason = match self.http.within(LOOK_LIMIT, "Azure", look).await {
            Ok(Some(state)) => {
                self.settle(change.number, state).await;
                return None;
            }
            Ok(None) => NoUndo::NotYet,
            Err(failure) => {
                tracing::info!(code = ?failure.code, "what became of a change is not known");
                NoUndo::NotRead
            }
        };
        (change.state == State::Begun).then_some((change.number, reason))
    }

    async fn find_what_became(
        &self,
        identity: &Identity,
        change: &Change,
    ) -> Result<Option<State>, Failure> {
        let now = self.surroundings.clock.now();
        match (&change.deed, change.deed.grant()) {
            (Deed::SubdomainSet(naming), _) => {
                let found = resources::read_subdomain(identity, naming).await?;
                Ok(what_became_of_name(change, naming, found.as_deref(), now))
            }
            (_, Some(grant)) => {
                let (found, _) = access::find_assignment(identity, grant, &Cause::none()).await?;
                Ok(what_became(change, found, now))
            }
            (_, None) => Ok(None),
        }
    }

    pub(super) async fn undo_change(&self, change: &Change) -> Result<Record, Failure> {
        match &change.deed {
            Deed::RoleAssigned(grant) => {
                if !self.take_role_away(grant.clone(), &Cause::none()).await? {
                    self.settle(change.number, State::Gone).await;
                }
            }
            Deed::EnvWritten(write) => {
                let restored = Deed::EnvRestored(write.reversed());
                self.restore(write.clone(), restored).await?;
            }
            Deed::CertificatesWritten(write) => {
                let write = FileWrite { before: None, ..write.clone() };
                let removed = Deed::CertificatesRemoved(write.reversed());
                self.restore(write, removed).await?;
            }
            Deed::RoleRemoved(_)
            | Deed::SubdomainSet(_)
            | Deed::EnvRestored(_)
            | Deed::CertificatesRemoved(_) => {}
        }
        Ok(self.read_changes().await)
    }

    async fn restore(&self, write: FileWrite, deed: Deed) -> Result<(), Failure> {
        let (changes, clock) = (self.changes.clone(), self.surroundings.clock.clone());
        let (backups, account) = (self.backups(), self.account());
        blocking(move || {
            let open = changes.begin(clock.now(), account, deed);
            let restored = env_file::restore(&Disk, &write, &backups);
            let state = match &restored {
                Ok(true) => State::Done,
                Ok(false) => State::NotDone,
                Err(failure) => State::Refused { code: failure.code },
            };
            open.end(clock.now(), state);
            restored.map(drop)
        })
        .await
    }

    async fn begin(&self, deed: Deed) -> Arc<Open> {
        let (changes, account) = (self.changes.clone(), self.account());
        let now = self.surroundings.clock.now();
        beside_the_work(move || Arc::new(changes.begin(now, account, deed))).await
    }

    /// An entry without a state stays as it was begun.
    async fn end(&self, open: Option<Arc<Open>>, state: Option<State>) {
        let (Some(open), Some(state)) = (open, state) else { return };
        let now = self.surroundings.clock.now();
        beside_the_work(move || open.end(now, state)).await;
    }

    async fn settle(&self, number: u32, state: State) {
        let (changes, now) = (self.changes.clone(), self.surroundings.clock.now());
        beside_the_work(move || changes.settle(number, now, state)).await;
    }

    /// Who is signed in.
    fn account(&self) -> Option<String> {
        lock(&self.identity).as_ref().map(|identity| identity.home().account().to_owned())
    }

    fn backups(&self) -> PathBuf {
        self.surroundings.data_folder.join("backups")
    }
}

fn write_certificates(
    authorities: &Authorities,
    path: &Path,
    changes: &Arc<Changes>,
    clock: &dyn Clock,
    account: Option<String>,
) -> io::Result<()> {
    let bytes = programs::certificates(authorities);
    let deed = Deed::CertificatesWritten(FileWrite {
        path: path.display().to_string(),
        before: changes::digest_at(&Disk, path)?,
        after: Some(changes::digest_of(&bytes)),
    });
    let open = changes.begin(clock.now(), account, deed);
    let saved = programs::save_certificates(&bytes, path);
    open.end(clock.now(), if saved.is_ok() { State::Done } else { State::NotDone });
    saved
}

/// After an error the file is what it was.
fn state_of(written: &Result<(), Failure>) -> State {
    match written {
        Ok(()) => State::Done,
        Err(failure) => State::Refused { code: failure.code },
    }
}

/// What a failure says of the write that met it: Azure's own no (4xx) changes nothing. Without an
/// answer, or with one of a service in trouble, it may have happened.
fn refusal(failure: &Failure) -> Option<State> {
    let detail = |name: &str| failure.details.iter().find(|detail| detail.name == name);
    // An earlier try may have been heard, or the write itself taken before something else failed.
    let is_only = detail("attempts").is_none_or(|attempts| attempts.value == "1");
    if !is_only || detail(resources::TAKEN).is_some() {
        return None;
    }
    let is_no = detail("status").is_some_and(|status| status.value.starts_with('4'));
    let refused = is_no || failure.challenge().is_some();
    refused.then_some(State::Refused { code: failure.code })
}

/// What is true of a write by what is there now; none where nothing else can be told yet.
fn what_became(change: &Change, found: Whereabouts, now: time::OffsetDateTime) -> Option<State> {
    let removes = matches!(change.deed, Deed::RoleRemoved(_));
    let is_old = changes::age(&change.began, now).is_none_or(|age| age > MAY_ARRIVE);
    if change.state == State::Done {
        // What has the name now was made after Keyless's own was taken away.
        let is_gone = match found {
            Whereabouts::Own => false,
            Whereabouts::Foreign => true,
            Whereabouts::Nowhere => is_old,
        };
        return is_gone.then_some(State::Gone);
    }
    match (removes, found) {
        (false, Whereabouts::Own) | (true, Whereabouts::Nowhere) => Some(State::Done),
        (false, Whereabouts::Foreign) => Some(State::Existed),
        (false, Whereabouts::Nowhere) | (true, _) => is_old.then_some(State::NotDone),
    }
}

/// The same of a subdomain, by the one that the account has now.
fn what_became_of_name(
    change: &Change,
    naming: &Naming,
    found: Option<&str>,
    now: time::OffsetDateTime,
) -> Option<State> {
    let is_old = changes::age(&change.began, now).is_none_or(|age| age > MAY_ARRIVE);
    match found {
        Some(found) if found.eq_ignore_ascii_case(&naming.name) => Some(State::Done),
        Some(_) => Some(State::NotDone),
        None => is_old.then_some(State::NotDone),
    }
}

/// Runs what blocks where nothing else waits for it.
async fn beside_the_work<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
