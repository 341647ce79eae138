//! What signing out promises, whatever the store does.

use std::sync::Mutex as Lock;

use async_trait::async_trait;

use super::*;
use crate::secrets::SessionStore;

/// A store that keeps, and whose removal fails while there is a trouble.
#[derive(Default)]
struct StubbornStore {
    inner: SessionStore,
    trouble: Lock<Option<StoreTrouble>>,
    /// Whether asking the person ends the trouble.
    opens: bool,
}

impl StubbornStore {
    fn refuse(&self, trouble: Option<StoreTrouble>) {
        *self.trouble.lock().expect("no test thread panics here") = trouble;
    }

    fn check(&self) -> Result<(), StoreTrouble> {
        self.trouble.lock().expect("no test thread panics here").clone().map_or(Ok(()), Err)
    }
}

#[async_trait]
impl SecretStore for StubbornStore {
    async fn read(&self) -> Result<Option<Secret>, StoreTrouble> {
        self.inner.read().await
    }

    async fn write(&self, secret: &Secret) -> Result<(), StoreTrouble> {
        self.check()?;
        self.inner.write(secret).await
    }

    async fn remove(&self) -> Result<(), StoreTrouble> {
        self.check()?;
        self.inner.remove().await
    }

    async fn open(&self) -> Result<(), StoreTrouble> {
        if self.opens {
            self.refuse(None);
        }
        self.check()
    }
}

struct Bench {
    store: Arc<StubbornStore>,
    folder: tempfile::TempDir,
    kept: KeptSignIn,
}

impl Bench {
    fn new(store: StubbornStore) -> Self {
        let (store, folder) = (Arc::new(store), tempfile::tempdir().expect("a temporary folder"));
        let kept = KeptSignIn::new(store.clone(), folder.path().join("data"), owner("public"));
        Bench { store, folder, kept }
    }

    /// A store that holds a sign-in of an earlier day.
    async fn holding(store: StubbornStore) -> Self {
        let bench = Bench::new(store);
        bench.kept.keep(1, || Some(secret("old"))).await.expect("wanted").expect("it works");
        bench
    }

    /// The window is closed and opened again.
    fn relaunch(&mut self) {
        self.kept =
            KeptSignIn::new(self.store.clone(), self.folder.path().join("data"), owner("public"));
    }

    async fn found(&self) -> Result<Option<String>, StoreTrouble> {
        let kept = self.kept.read().await?;
        Ok(kept.map(|secret| text_of(&secret)))
    }
}

fn owner(cloud: &str) -> Owner {
    Owner { authority: cloud.to_owned(), client_id: "client".to_owned() }
}

fn secret(text: &str) -> Secret {
    secret_of("public", text)
}

/// A sign-in in a cloud.
fn secret_of(cloud: &str, text: &str) -> Secret {
    let kept = serde_json::json!({"authority": cloud, "client_id": "client", "text": text});
    Secret::new(kept.to_string())
}

fn text_of(kept: &Secret) -> String {
    let kept: Value = serde_json::from_str(kept.expose()).expect("what was kept");
    kept["text"].as_str().expect("a text").to_owned()
}

fn troubles() -> [StoreTrouble; 4] {
    [
        StoreTrouble::Absent,
        StoreTrouble::Locked,
        StoreTrouble::Slow,
        StoreTrouble::Failed("planted".to_owned()),
    ]
}

#[tokio::test]
async fn a_sign_in_that_could_not_be_removed_is_never_used_again() {
    for trouble in troubles() {
        let mut bench = Bench::holding(StubbornStore::default()).await;
        bench.store.refuse(Some(trouble.clone()));
        assert_eq!(
            bench.kept.forget(2, false, true).await,
            Err(trouble.clone()),
            "the person is told"
        );
        bench.relaunch();
        assert_eq!(bench.found().await, Err(trouble.clone()), "nobody comes back");
        bench.relaunch();
        let again = bench.kept.keep(1, || Some(secret("new"))).await.expect("wanted");
        assert_eq!(again, Err(trouble.clone()), "the next person learns it, too");
        bench.store.refuse(None);
        assert_eq!(bench.found().await, Ok(None), "{trouble}: it is removed as soon as possible");
        bench.kept.keep(2, || Some(secret("new"))).await.expect("wanted").expect("it works");
        bench.relaunch();
        assert_eq!(bench.found().await, Ok(Some("new".to_owned())), "the next person comes back");
    }
}

#[tokio::test]
async fn a_removal_that_is_tried_again_may_ask_for_the_password() {
    let bench = Bench::holding(StubbornStore { opens: true, ..StubbornStore::default() }).await;
    bench.store.refuse(Some(StoreTrouble::Locked));
    assert_eq!(
        bench.kept.forget(2, false, true).await,
        Err(StoreTrouble::Locked),
        "not by surprise"
    );
    assert_eq!(bench.kept.forget(3, true, true).await, Ok(()), "the person asked for it");
    assert_eq!(bench.found().await, Ok(None));
}

#[tokio::test]
async fn where_there_never_was_a_store_signing_out_is_no_trouble() {
    let bench = Bench::new(StubbornStore::default());
    bench.store.refuse(Some(StoreTrouble::Absent));
    assert_eq!(bench.kept.forget(1, false, true).await, Ok(()));
    assert!(!bench.folder.path().join("data").join(MARK).exists(), "nothing is left behind");
}

#[tokio::test]
async fn an_older_wish_that_comes_later_changes_nothing() {
    let bench = Bench::new(StubbornStore::default());
    assert_eq!(bench.kept.forget(2, false, true).await, Ok(()));
    assert!(bench.kept.keep(1, || Some(secret("late"))).await.is_none(), "it was taken back");
    assert_eq!(bench.found().await, Ok(None));
    bench.kept.keep(4, || Some(secret("new"))).await.expect("wanted").expect("it works");
    assert_eq!(bench.kept.forget(3, false, true).await, Ok(()));
    assert_eq!(bench.found().await, Ok(Some("new".to_owned())), "the newer wish stands");
}

#[tokio::test]
async fn nothing_is_kept_for_whoever_is_gone_by_then() {
    let bench = Bench::new(StubbornStore::default());
    assert!(bench.kept.keep(1, || None).await.is_none());
    assert_eq!(bench.found().await, Ok(None));
}

/// Another cloud's window over the same store.
fn of_cloud(bench: &Bench, cloud: &str) -> KeptSignIn {
    KeptSignIn::new(bench.store.clone(), bench.folder.path().join("data"), owner(cloud))
}

async fn keep(kept: &KeptSignIn, number: u64, cloud: &str, text: &str) {
    let kept = kept.keep(number, || Some(secret_of(cloud, text))).await;
    kept.expect("wanted").expect("it works");
}

#[tokio::test]
async fn the_sign_in_of_another_cloud_is_neither_used_nor_lost() {
    let mut bench = Bench::holding(StubbornStore::default()).await;
    let government = of_cloud(&bench, "government");
    assert!(government.read().await.expect("it works").is_none(), "it is another cloud's");
    keep(&government, 1, "government", "theirs").await;
    bench.relaunch();
    assert_eq!(bench.found().await, Ok(Some("old".to_owned())));
    keep(&bench.kept, 1, "public", "newer").await;
    assert_eq!(bench.kept.forget(2, false, false).await, Ok(()), "this one is not kept any more");
    assert_eq!(bench.found().await, Ok(None));
    let government = of_cloud(&bench, "government");
    let found = government.read().await.expect("it works").map(|kept| text_of(&kept));
    assert_eq!(found.as_deref(), Some("theirs"));
}

#[tokio::test]
async fn who_does_not_stay_leaves_the_others_alone_unread() {
    let bench = Bench::holding(StubbornStore::default()).await;
    let government = of_cloud(&bench, "government");
    assert_eq!(government.forget(1, false, false).await, Ok(()));
    assert_eq!(bench.found().await, Ok(Some("old".to_owned())), "it was looked at first");
}

#[tokio::test]
async fn signing_out_removes_the_sign_ins_of_every_cloud() {
    let mut bench = Bench::holding(StubbornStore::default()).await;
    let government = of_cloud(&bench, "government");
    government.read().await.expect("it works");
    keep(&government, 1, "government", "theirs").await;
    assert_eq!(government.forget(2, false, true).await, Ok(()));
    bench.relaunch();
    assert_eq!(bench.found().await, Ok(None));
    assert!(bench.store.read().await.expect("it works").is_none(), "nothing is left");
}
