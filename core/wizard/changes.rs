//! The page about what Keyless changed.

use serde::Serialize;

use super::*;
use crate::access::Grant;
use crate::changes::{Change, Deed, Found, Record, State as Became};
use crate::snapshot::changes::{
    ChangeDeed, ChangeItem, ChangeState, ChangeUndo, ChangesPage, NoUndo, UndoEffect,
};

/// So many entries are shown; the others are in the file.
const SHOWN: usize = 50;
/// The entries take at most so many bytes of a snapshot, as JSON;
const SHOWN_BYTES: usize = 24 * 1024;
/// and less where the page of the step takes more than what is left of these.
const BOTH_BYTES: usize = 56 * 1024;

/// What is known of the changes.
#[derive(Default)]
pub(super) struct Known {
    /// As it was read last.
    record: Option<Record>,
    /// Why it is not known what became of a change, by number, after somebody has looked.
    looked: BTreeMap<u32, NoUndo>,
    /// Those that Azure was asked about since the page was opened.
    asked: BTreeSet<u32>,
    /// What kept the page from its work, and which work that was.
    pub(super) failure: Option<(Failure, Work)>,
}

impl Wizard {
    pub(super) fn show_changes(&mut self, effects: &mut Vec<Effect>) {
        self.stop(&[Slot::Network], effects);
        self.changes = Known::default();
        self.notices.retain(|(_, notice)| notice.code != UNFINISHED);
        self.aside = Some(Aside::Changes(ChangesPage::default()));
        self.start(Work::ReadChanges, effects);
    }

    /// Undoes what the page offers to undo.
    pub(super) fn undo_change(&mut self, number: u32, effects: &mut Vec<Effect>) {
        let Some(record) = self.changes.record.as_ref().filter(|_| self.shows_changes()) else {
            return;
        };
        let Some(change) = record.change(number).cloned() else { return };
        if matches!(self.undo_of(record, &change), ChangeUndo::Offered { .. }) && !self.is_writing()
        {
            self.changes.failure = None;
            self.start(Work::UndoChange(Box::new(change)), effects);
        }
    }

    pub(super) fn shows_changes(&self) -> bool {
        matches!(self.aside, Some(Aside::Changes(_)))
    }

    /// The page that is shown follows whatever is written meanwhile, here or on another page.
    pub(super) fn read_changes_again(&mut self, effects: &mut Vec<Effect>) {
        if self.shows_changes() {
            self.start(Work::ReadChanges, effects);
        }
    }

    pub(super) fn take_changes(&mut self, record: Record, effects: &mut Vec<Effect>) {
        self.changes.record = Some(record);
        self.look_at_changes(effects);
    }

    /// Asks Azure about the changes on the page that it was not asked about. Those of a directory
    /// that opens late come to that late.
    pub(super) fn look_at_changes(&mut self, effects: &mut Vec<Effect>) {
        if !self.shows_changes() || self.is_running(Slot::Changes) {
            return;
        }
        let Some(record) = &self.changes.record else { return };
        let own = |change: &&Change| self.is_of_person(&change.deed);
        let mut open: Vec<&Change> =
            record.unsettled().chain(record.standing()).filter(own).collect();
        // The page shows the newest.
        open.sort_by_key(|change| std::cmp::Reverse(change.number));
        open.truncate(SHOWN);
        open.retain(|change| !self.changes.asked.contains(&change.number));
        if !open.is_empty() {
            let open = open.into_iter().cloned().collect();
            self.start(Work::LookAtChanges(open), effects);
        }
    }

    /// Where a window begins: at the first page, or at the second with a sign-in that was kept.
    /// Later the record is read for its page only, and whoever has opened that knows.
    pub(super) fn note_unfinished(&mut self, record: &Record) {
        if self.shows_changes() || record.unsettled().next().is_none() {
            return;
        }
        for step in [Step::SignIn, Step::ChooseResource] {
            self.notify(step, Notice::new(UNFINISHED, &[]));
        }
    }

    pub(super) fn take_looked_at(
        &mut self,
        record: Record,
        open: BTreeMap<u32, NoUndo>,
        work: &Work,
        effects: &mut Vec<Effect>,
    ) {
        if let Work::LookAtChanges(changes) = work {
            self.changes.asked.extend(changes.iter().map(|change| change.number));
        }
        self.changes.looked.extend(open);
        self.take_changes(record, effects);
    }

    /// What the steps were about is looked at as it is now.
    pub(super) fn take_change_undone(
        &mut self,
        record: Record,
        work: &Work,
        effects: &mut Vec<Effect>,
    ) {
        let Work::UndoChange(change) = work else { return };
        let is_undone = record.undone_by(change.number).is_some();
        let now = record.change(change.number);
        let is_gone = now.is_some_and(|change| change.state == Became::Gone);
        self.take_changes(record, effects);
        match &change.deed {
            Deed::RoleAssigned(grant) if is_undone || is_gone => self.forget_grant(grant, effects),
            Deed::EnvWritten(write) if is_undone => self.forget_env(&write.path, effects),
            _ => {}
        }
    }

    fn forget_grant(&mut self, grant: &Grant, effects: &mut Vec<Effect>) {
        self.made.retain(|made| {
            made.assigned.own.as_deref().is_none_or(|own| !own.eq_ignore_ascii_case(&grant.id))
        });
        let concerns = |account: &Account| reaches(&grant.scope, &account.resource.id);
        if let Some(account) = self.listed_choice().filter(concerns) {
            self.stop(&[Slot::Role], effects);
            self.test = Test::default();
            self.forget_access(effects);
            self.start(Work::CheckAccess(Box::new(account)), effects);
        }
    }

    fn forget_env(&mut self, path: &str, effects: &mut Vec<Effect>) {
        let prepared = self.project.prepared.as_ref().map(Prepared::file_write);
        if prepared.is_some_and(|prepared| prepared.path == path) {
            self.forget_project(effects);
            self.prepare_env(effects);
        }
    }

    /// Whether the person who is signed in is the one who did it, in its directory.
    fn is_of_person(&self, deed: &Deed) -> bool {
        let (Some(person), Some((own_tenant, own_id))) = (&self.person, deed.person()) else {
            return false;
        };
        let is = |tenant: &str, object_id: &str| {
            own_tenant.eq_ignore_ascii_case(tenant) && own_id.eq_ignore_ascii_case(object_id)
        };
        is(&person.tenant_id, &person.object_id)
            || self.tenants.iter().any(|tenant| {
                tenant.object_id.as_deref().is_some_and(|object_id| is(&tenant.id, object_id))
            })
    }

    /// Whether it was done under the name of the person who is signed in, in a directory that has
    /// not shown yet who they are there.
    fn is_behind_closed_door(&self, change: &Change) -> bool {
        let (Some(person), Some((own_tenant, _))) = (&self.person, change.deed.person()) else {
            return false;
        };
        let is_own = |tenant: &str| tenant.eq_ignore_ascii_case(own_tenant);
        let is_open = is_own(&person.tenant_id)
            || self.tenants.iter().any(|it| it.object_id.is_some() && is_own(&it.id));
        let account = change.account.as_ref();
        !is_open && account.is_some_and(|account| account.eq_ignore_ascii_case(&person.account))
    }

    /// The page shows what is known now, and of whoever is signed in now.
    pub(super) fn renew_changes_page(&mut self) {
        if self.shows_changes() {
            self.aside = Some(Aside::Changes(self.changes_page()));
        }
    }

    fn changes_page(&self) -> ChangesPage {
        let failure = self.changes.failure.as_ref();
        let page = ChangesPage {
            reading: self.changes.record.is_none() && self.is_running(Slot::Changes),
            failure: failure.map(|(failure, work)| self.fitting(failure, work)),
            ..ChangesPage::default()
        };
        let Some(record) = &self.changes.record else { return page };
        let items = self.items(record);
        ChangesPage {
            older: number(record.changes.len() - items.len()),
            items,
            file: record.file.clone(),
            troubles: troubles(record),
            ..page
        }
    }

    /// The newest, as many as a snapshot has room for.
    fn items(&self, record: &Record) -> Vec<ChangeItem> {
        let step = size_of(&self.page());
        let (mut size, room) = (0, BOTH_BYTES.saturating_sub(step).min(SHOWN_BYTES));
        let newest = record.changes.iter().rev().take(SHOWN);
        let items = newest.map(|change| self.item(record, change));
        items
            .take_while(|item| {
                size += size_of(item);
                size <= room
            })
            .collect()
    }

    fn item(&self, record: &Record, change: &Change) -> ChangeItem {
        let (grant, person) = (change.deed.grant(), change.deed.person());
        let path = change.deed.file_write().map_or("", |write| &write.path);
        let (what, place) = match (&change.deed, grant) {
            (Deed::SubdomainSet(naming), _) => (naming.name.clone(), naming.account.as_str()),
            (_, Some(grant)) => (grant.role.clone(), grant.scope.as_str()),
            (_, None) => (file_name(path), path),
        };
        ChangeItem {
            number: change.number,
            deed: deed_of(&change.deed),
            what,
            role_id: grant.map(|grant| grant.role_id.clone()),
            place: place.to_owned(),
            assignment: grant.map(|grant| last_segment(&grant.id).to_owned()),
            account: change.account.clone(),
            object_id: person.map(|(_, object_id)| object_id.to_owned()),
            directory: person.map(|(tenant, _)| self.directory_name(tenant)),
            began: change.began.clone(),
            state: state_of(record, change),
            refusal: match change.state {
                Became::Refused { code } => Some(code),
                _ => None,
            },
            undo: self.undo_of(record, change),
        }
    }

    fn directory_name(&self, id: &str) -> String {
        let person = self.person.as_ref().filter(|it| it.tenant_id.eq_ignore_ascii_case(id));
        let own = person.and_then(|person| person.tenant_name.clone());
        let others = || self.tenants.iter().find(|tenant| tenant.id.eq_ignore_ascii_case(id));
        own.or_else(|| others().and_then(|tenant| tenant.name.clone()))
            .unwrap_or_else(|| id.to_owned())
    }

    fn undo_of(&self, record: &Record, change: &Change) -> ChangeUndo {
        let undoing = match self.work_in(Slot::Undo) {
            Some(Work::UndoChange(undoing)) => undoing.number == change.number,
            _ => false,
        };
        if undoing {
            return ChangeUndo::UnderWay;
        }
        if let Some(undo) = record.undone_by(change.number) {
            return ChangeUndo::Undone { when: undo.ended.clone() };
        }
        match self.why_not(record, change) {
            Some(reason) => ChangeUndo::No { reason },
            None => ChangeUndo::Offered { effect: effect_of(&change.deed) },
        }
    }

    /// Why a change cannot be undone; none where it can.
    fn why_not(&self, record: &Record, change: &Change) -> Option<NoUndo> {
        match change.state {
            Became::Begun if record.under_way.contains(&change.number) => {
                return Some(match &change.deed {
                    Deed::SubdomainSet(_) => NoUndo::ForEver,
                    deed if !deed.makes() => NoUndo::IsUndo,
                    _ => NoUndo::UnderWay,
                });
            }
            Became::Begun => return Some(self.why_unknown(record, change)),
            Became::Existed => return Some(NoUndo::Existed),
            Became::Gone => return Some(NoUndo::Gone),
            Became::Refused { .. } | Became::NotDone => return Some(NoUndo::NothingChanged),
            Became::Done if !change.deed.makes() => return Some(NoUndo::IsUndo),
            Became::Done if record.is_superseded(change) => return Some(NoUndo::Superseded),
            Became::Done => {}
        }
        let was_there = change.deed.file_write().is_some_and(|write| write.before.is_some());
        let found = match record.found.get(&change.number) {
            Some(Found::Before) if !was_there => &Found::Nothing,
            found => found.unwrap_or(&Found::Unreadable),
        };
        match &change.deed {
            Deed::RoleAssigned(_) if self.person.is_none() => Some(NoUndo::SignedOut),
            Deed::RoleAssigned(_) if self.is_behind_closed_door(change) => {
                Some(NoUndo::DirectoryNotOpen)
            }
            Deed::RoleAssigned(_) => {
                (!self.is_of_person(&change.deed)).then_some(NoUndo::SomebodyElse)
            }
            Deed::SubdomainSet(_) => Some(NoUndo::ForEver),
            // It is deleted, and nothing is put back.
            Deed::CertificatesWritten(_) if matches!(found, Found::After { .. }) => None,
            _ => why_not_file(found),
        }
    }

    fn why_unknown(&self, record: &Record, change: &Change) -> NoUndo {
        if change.deed.file_write().is_some() {
            return match record.found.get(&change.number) {
                Some(Found::Unreadable) => NoUndo::FileUnreadable,
                _ => NoUndo::FileNeither,
            };
        }
        let looking = match self.work_in(Slot::Changes) {
            Some(Work::LookAtChanges(changes)) => {
                changes.iter().any(|it| it.number == change.number)
            }
            _ => false,
        };
        match self.changes.looked.get(&change.number) {
            Some(known) => *known,
            None if looking => NoUndo::Looking,
            None if self.is_behind_closed_door(change) => NoUndo::DirectoryNotOpen,
            None => NoUndo::NotLookedAt,
        }
    }
}

/// In bytes of a snapshot.
fn size_of(part: &impl Serialize) -> usize {
    serde_json::to_vec(part).map_or(0, |json| json.len())
}

fn why_not_file(found: &Found) -> Option<NoUndo> {
    match found {
        Found::After { restorable: true } => None,
        Found::After { restorable: false } => Some(NoUndo::NoCopy),
        Found::Before | Found::Other => Some(NoUndo::FileChanged),
        Found::Nothing => Some(NoUndo::FileGone),
        Found::Unreadable => Some(NoUndo::FileUnreadable),
    }
}

fn effect_of(deed: &Deed) -> UndoEffect {
    match deed {
        Deed::RoleAssigned(_) | Deed::RoleRemoved(_) => UndoEffect::TakeAway,
        Deed::EnvWritten(write) | Deed::EnvRestored(write) if write.before.is_some() => {
            UndoEffect::Restore
        }
        _ => UndoEffect::Delete,
    }
}

fn deed_of(deed: &Deed) -> ChangeDeed {
    match deed {
        Deed::RoleAssigned(_) => ChangeDeed::RoleAssigned,
        Deed::RoleRemoved(_) => ChangeDeed::RoleRemoved,
        Deed::SubdomainSet(_) => ChangeDeed::SubdomainSet,
        Deed::EnvWritten(_) => ChangeDeed::EnvWritten,
        Deed::EnvRestored(_) => ChangeDeed::EnvRestored,
        Deed::CertificatesWritten(_) => ChangeDeed::CertificatesWritten,
        Deed::CertificatesRemoved(_) => ChangeDeed::CertificatesRemoved,
    }
}

fn state_of(record: &Record, change: &Change) -> ChangeState {
    match change.state {
        Became::Begun if record.under_way.contains(&change.number) => ChangeState::UnderWay,
        Became::Begun => ChangeState::CannotTell,
        Became::Done => ChangeState::Done,
        Became::Existed => ChangeState::Existed,
        Became::Refused { .. } => ChangeState::Refused,
        Became::NotDone => ChangeState::NotDone,
        Became::Gone => ChangeState::Gone,
    }
}

fn troubles(record: &Record) -> Vec<Notice> {
    let file = record.file.as_str();
    let kept = record.kept.iter().map(|kept| Notice::new("kept", &[("path", kept)]));
    let gap =
        record.gap.iter().map(|reason| Notice::new("gap", &[("path", file), ("reason", reason)]));
    gap.chain(kept).collect()
}

fn file_name(path: &str) -> String {
    std::path::Path::new(path)
        .file_name()
        .map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}

fn last_segment(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or_default()
}
