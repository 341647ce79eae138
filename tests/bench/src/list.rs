//! What the core takes of the machine when somebody sees ten thousand accounts: the core alone in
//! this process, practice Azure in another.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::Trouble;
use crate::azure::{Azure, TEN_THOUSAND};
use crate::figures::{hundredths, round};
use crate::journey::{Walk, practice_cloud};
use crate::person::Person;
use crate::processes::measure_own_pss;
use crate::report;

/// What the core may take more than before the sign-in, in MiB: less than 80 million bytes.
const MORE_THAN_BEFORE: f64 = 76.0;

/// The core before the sign-in and with the whole list.
pub struct List {
    resources: u32,
    subscriptions: u32,
    /// From the button of the first page to the whole list, less the time in the browser.
    wall: Duration,
    before_mib: f64,
    whole_mib: f64,
}

/// Signs in where there are ten thousand accounts, and goes as far as the whole list.
pub async fn measure() -> Result<List, Trouble> {
    let azure = Azure::start(TEN_THOUSAND, 0)?;
    let (home, person) = (tempfile::tempdir()?, Arc::new(Person::default()));
    let mut walk = Walk::begin(practice_cloud(&azure)?, &person, &home)?;
    walk.until("the wizard is ready", |snapshot| snapshot.busy.is_none()).await?;
    let before_mib = measure_own_pss()?;
    let started = Instant::now();
    walk.sign_in().await?;
    let wall = started.elapsed().saturating_sub(person.effort().time);
    let whole_mib = measure_own_pss()?;
    let (resources, subscriptions) = walk.count_listed().ok_or("no list is shown")?;
    walk.end().await;
    Ok(List { resources, subscriptions, wall, before_mib, whole_mib })
}

impl List {
    /// For the machine.
    pub fn report(&self) -> report::List {
        report::List {
            resources: self.resources,
            subscriptions: self.subscriptions,
            wall_s: hundredths(self.wall.as_secs_f64()),
            before_mib: round(self.before_mib),
            whole_mib: round(self.whole_mib),
            more_mib: round(self.whole_mib - self.before_mib),
        }
    }

    /// For the person.
    pub fn print(&self) {
        let report = self.report();
        println!(
            "List of {} resources in {} subscriptions: {:.1} s; the core takes {:.1} MiB, {:.1} more \
             than before the sign-in; at most {MORE_THAN_BEFORE:.0} more allowed",
            report.resources,
            report.subscriptions,
            report.wall_s,
            report.whole_mib,
            report.more_mib,
        );
    }
}
