//! The work that is going on.

use super::*;

impl Wizard {
    pub(super) fn start(&mut self, work: Work, effects: &mut Vec<Effect>) {
        let slot = work.slot();
        self.stop(&[slot], effects);
        match slot {
            // Both wait for the same browser.
            Slot::Person => self.stop(&[Slot::Proof], effects),
            Slot::Proof => self.stop(&[Slot::Person], effects),
            _ => {}
        }
        let failed = self.failures.get(&work.step()).map(|(_, failed)| failed.slot());
        if work.activity().is_some() || failed == Some(slot) {
            self.failures.remove(&work.step());
        }
        if slot == Slot::Directory {
            self.failures.remove(&Step::SignIn);
            self.list.stale = self.list.found.keys().cloned().collect();
        }
        if work.purpose().slot() == Slot::Undo {
            self.changes.failure = None;
        }
        if [Slot::Person, Slot::Proof].contains(&slot) {
            self.sign_in.phase = match work {
                Work::Resume => SignInPhase::Resuming,
                Work::SignIn { way: Way::Browser | Way::DeviceCode, .. } => SignInPhase::Opening,
                _ => SignInPhase::Finishing,
            };
        }
        let id = self.next_id;
        self.next_id += 1;
        if self.asked.now {
            self.asked.pressed.insert(id);
        }
        self.running.insert(slot, (id, work.clone()));
        effects.push(Effect::Start(id, work));
    }

    pub(super) fn start_once(&mut self, work: Work, effects: &mut Vec<Effect>) {
        if !self.is_running(work.slot()) {
            self.start(work, effects);
        }
    }

    pub(super) fn is_running(&self, slot: Slot) -> bool {
        self.work_in(slot).is_some()
    }

    /// A write in flight is not pulled out from under itself by another choice.
    pub(super) fn is_writing(&self) -> bool {
        self.running.values().any(|(_, work)| {
            matches!(
                work,
                Work::AssignRole(..)
                    | Work::UndoRole(..)
                    | Work::SetSubdomain(..)
                    | Work::WriteEnv(_)
                    | Work::UndoChange(_)
            )
        })
    }

    pub(super) fn finish(&mut self, id: WorkId) -> Option<Work> {
        let slot = *self.running.iter().find(|(_, (running, _))| *running == id)?.0;
        self.running.remove(&slot).map(|(_, work)| work)
    }

    /// Stops what runs there, and the proof of what would go on there.
    pub(super) fn stop(&mut self, slots: &[Slot], effects: &mut Vec<Effect>) {
        let proved = self.proving().map(|proving| proving.work.slot());
        let proof = proved.filter(|slot| slots.contains(slot)).map(|_| Slot::Proof);
        for slot in slots.iter().chain(&proof) {
            if let Some((id, _)) = self.running.remove(slot) {
                self.asked.pressed.remove(&id);
                self.asked.repeated.remove(&id);
                effects.push(Effect::Stop(id));
                if [Slot::Person, Slot::Proof].contains(slot) {
                    self.forget_attempt();
                }
            }
        }
    }

    pub(super) fn stop_all(&mut self, effects: &mut Vec<Effect>) {
        // A window of the system's that asks for a password is not taken away, and the looks at
        // the connection and at the record of changes are nobody's in particular.
        let stays = |(slot, (_, work)): &(&Slot, &(WorkId, Work))| {
            matches!(slot, Slot::Store | Slot::Network) || *work == Work::ReadChanges
        };
        let slots: Vec<Slot> =
            self.running.iter().filter(|running| !stays(running)).map(|(slot, _)| *slot).collect();
        self.stop(&slots, effects);
    }

    pub(super) fn forget_attempt(&mut self) {
        self.sign_in.address = None;
        self.sign_in.code = None;
        self.notices.retain(|(_, notice)| notice.code != POLLS_LOST);
    }

    pub(super) fn forget_person(&mut self) {
        self.forget_attempt();
        self.tenants.clear();
        self.sign_in.ended = None;
        self.sign_in.keeping = None;
        self.made.clear();
        self.groups.clear();
        self.doubted.clear();
        self.changes = Known::default();
        self.list = List { revision: self.list.revision + 1, ..List::default() };
        self.choice = Choice::default();
        self.role = RoleState::default();
        self.project = Project { folder: self.project.folder.take(), ..Project::default() };
        self.test = Test::default();
        self.failures.clear();
        self.return_to = None;
    }

    pub(super) fn forget_choice(&mut self, effects: &mut Vec<Effect>) {
        let about_it = [Slot::Deployments, Slot::Subdomain, Slot::Access, Slot::Names];
        self.stop(&about_it, effects);
        self.stop(&[Slot::Causes, Slot::Role], effects);
        self.choice = Choice::default();
        self.role = RoleState::default();
        self.failures.remove(&Step::GetAccess);
        self.clear_notices(Step::GetAccess);
        self.forget_project(effects);
    }

    pub(super) fn forget_project(&mut self, effects: &mut Vec<Effect>) {
        self.stop(&[Slot::Env, Slot::Chat], effects);
        self.project.prepared = None;
        self.project.written = false;
        self.test = Test::default();
        self.failures.remove(&Step::ConnectProject);
        self.failures.remove(&Step::TestConnection);
        self.clear_notices(Step::ConnectProject);
    }

    /// A page whose ground is gone, such as the test of a project that was chosen anew, gives way
    /// to the last one that stands.
    pub(super) fn leave_lost_page(&mut self) {
        let reachable =
            Step::ALL.into_iter().rev().find(|step| *step <= self.step && self.reachable(*step));
        self.step = reachable.unwrap_or(Step::SignIn);
    }

    pub(super) fn notify(&mut self, step: Step, notice: Notice) {
        if !self.notices.contains(&(step, notice.clone())) {
            self.notices.push((step, notice));
        }
    }

    /// What concerns the whole sign-in stays until it changes.
    pub(super) fn clear_notices(&mut self, step: Step) {
        let stays = ["session_only", UNFINISHED];
        self.notices.retain(|(at, notice)| *at != step || stays.contains(&notice.code.as_str()));
    }
}
