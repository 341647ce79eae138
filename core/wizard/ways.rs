//! Which other way in is offered where one is blocked.

use super::*;
use crate::failure::TextKind;

impl Wizard {
    /// The failure of this work with the ways in that there are: a tool that is not signed in is
    /// none, and a policy that stopped a way would stop it again.
    pub(super) fn fitting(&self, failure: &Failure, work: &Work) -> Failure {
        let failed = self.way_of(work).filter(|_| failure.code.is_policy_of_way());
        let (mut failure, code) = (failure.clone(), failure.code);
        failure.remedies.retain(|remedy| match remedy {
            Remedy::Action { action: Action::SetSubdomain } => self.offers_subdomain(),
            // Who can do it need not ask for it.
            Remedy::Text { text: TextKind::RequestSubdomain, .. } => {
                code != Code::NoCustomSubdomain || self.may_set_subdomain() == Some(false)
            }
            Remedy::Action { action } => {
                action.way().is_none_or(|way| Some(way) != failed && self.is_there(way))
            }
            _ => true,
        });
        if let Work::Ask(account, ..) = work {
            self.ask_owner_of_endpoint(account, &mut failure);
        }
        failure
    }

    /// How the person tried to get in, or got in, when the work failed.
    pub(super) fn way_of(&self, work: &Work) -> Option<Way> {
        match work {
            Work::SignIn { way, .. } => Some(*way),
            _ => self.person.as_ref().map(|person| person.way),
        }
    }

    fn is_there(&self, way: Way) -> bool {
        match way {
            Way::Browser | Way::DeviceCode => true,
            Way::AzureCli | Way::AzureDeveloperCli => {
                self.sign_in.tools.iter().any(|found| found.tool.way() == way)
            }
        }
    }
}
