//! A stronger sign-in that Azure asks for, and the one repetition after it.

use super::*;

impl Wizard {
    /// Tells a failure, or opens the browser for the proof that would mend it: only for somebody
    /// who has just pressed the button of this work and sees its page, and once.
    pub(super) fn meet(
        &mut self,
        failure: Failure,
        work: Work,
        repeated: bool,
        effects: &mut Vec<Effect>,
    ) {
        let wants_proof = [Code::ProofNeeded, Code::SecondFactorNeeded].contains(&failure.code);
        let is_sign_in = matches!(work, Work::SignIn { .. } | Work::Resume);
        if failure.code == Code::RoleNotEffective {
            self.fail(failure, work);
            return self.look_further(effects);
        }
        if !wants_proof || is_sign_in || failure.challenge().is_none() {
            return self.fail(failure, work);
        }
        if repeated {
            return self.fail(self.not_enough(failure), work);
        }
        let beside = self.aside.is_some() && !matches!(work, Work::UndoChange(_));
        let watched = self.asked.now && self.is_seen(&work) && !beside;
        if watched && !self.is_borrowed() && self.proving().is_none() {
            return self.prove(Way::Browser, failure, work, effects);
        }
        self.fail(failure, work);
    }

    /// Lets the person sign in as the failure says; what met it is repeated afterwards.
    pub(super) fn prove(
        &mut self,
        way: Way,
        failure: Failure,
        work: Work,
        effects: &mut Vec<Effect>,
    ) {
        let Some(challenge) = failure.challenge().cloned() else { return };
        let purpose = Purpose::Proof(Box::new(Proving { challenge, met: failure, work }));
        self.sign_in(way, purpose, effects);
    }

    /// No browser opened for the proof: whoever signed in with a code does it with a code again,
    /// anybody else can copy the address.
    pub(super) fn prove_by_code(&mut self, effects: &mut Vec<Effect>) {
        let by_code = self.person.as_ref().is_some_and(|person| person.way == Way::DeviceCode);
        let proof = self.running.get(&Slot::Proof).map(|(_, work)| work.clone());
        if let Some(Work::SignIn { way: Way::Browser, purpose, .. }) = proof.filter(|_| by_code) {
            self.sign_in(Way::DeviceCode, purpose, effects);
        }
    }

    /// The proof is there: what met the challenge is repeated, once. A sign-in is made by its proof,
    /// and the browser does not open for it again.
    pub(super) fn repeat(&mut self, proof: &Work, effects: &mut Vec<Effect>) {
        self.forget_attempt();
        effects.push(Effect::Focus);
        if self.sign_in.stay && !self.is_borrowed() {
            self.keep(effects);
        }
        if let Some(proving) = proof.proving() {
            let work = proving.work.clone();
            if matches!(work, Work::SignIn { .. }) {
                return self.return_from_sign_in(effects);
            }
            let slot = work.slot();
            self.start(work, effects);
            self.asked.repeated.extend(self.running.get(&slot).map(|(id, _)| *id));
        }
    }

    fn return_from_sign_in(&mut self, effects: &mut Vec<Effect>) {
        if let Some(step) = self.return_to.take() {
            self.failures.clear();
            self.go_to(step, effects);
        }
    }

    /// What the page says about the proof that is under way.
    pub(super) fn proof(&self) -> Option<Proof> {
        let proving = self.proving()?;
        Some(Proof {
            reason: proving.challenge.reason(),
            phase: match self.sign_in.address.is_some() || self.sign_in.code.is_some() {
                true => SignInPhase::Waiting,
                false => self.sign_in.phase,
            },
            address: self.sign_in.address.clone(),
            browser_opened: self.sign_in.opened,
            device_code: self.sign_in.code.clone(),
        })
    }

    /// The proof that is under way.
    pub(super) fn proving(&self) -> Option<&Proving> {
        self.running.get(&Slot::Proof).and_then(|(_, work)| work.proving())
    }

    /// The work in this slot, or that which goes on there after the proof.
    pub(super) fn work_in(&self, slot: Slot) -> Option<&Work> {
        let proved = || self.proving().map(|proving| &proving.work);
        let running = self.running.get(&slot).map(|(_, work)| work);
        running.or_else(|| proved().filter(|work| work.slot() == slot))
    }

    pub(super) fn is_borrowed(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.way.is_borrowed())
    }

    /// A second round would be a loop: what Azure still wants is told with what else may help.
    fn not_enough(&self, failure: Failure) -> Failure {
        let mut told = diagnosis::explain(&Evidence::state(State::ProofNotEnough), &[]);
        told.details.extend(failure.details.iter().cloned());
        match failure.challenge() {
            Some(challenge) => told.challenged(challenge.clone()),
            None => told,
        }
    }
}
