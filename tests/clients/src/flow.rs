//! One thing that one client does with Azure.

use std::future::Future;
use std::pin::Pin;

use crate::stage::Stage;

/// A program written by others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Client {
    /// Microsoft's command line.
    AzureCli,
    /// The SDKs of Go.
    Go,
    /// The SDKs of Java.
    Java,
    /// The SDKs of JavaScript.
    JavaScript,
    /// The SDKs of Python, with MSAL and PyJWT.
    Python,
}

impl Client {
    /// The name of its program below `KEYLESS_CLIENTS`, and the first part of its flows' names.
    pub fn name(self) -> &'static str {
        match self {
            Self::AzureCli => "azure-cli",
            Self::Go => "go",
            Self::Java => "java",
            Self::JavaScript => "javascript",
            Self::Python => "python",
        }
    }
}

/// What a flow does; it panics where a promise is broken.
pub type Run = for<'s> fn(&'s mut Stage, Client) -> Pin<Box<dyn Future<Output = ()> + 's>>;

/// One thing that one client does.
#[derive(Clone, Copy)]
pub struct Flow {
    /// Who does it.
    pub client: Client,
    /// Its name among the flows of the client.
    pub name: &'static str,
    /// What it shows, as the rest of a sentence about the client.
    pub promise: &'static str,
    /// Parts of the names of the libraries that it uses; none for a client that is one program.
    pub uses: &'static [&'static str],
    /// The deed.
    pub run: Run,
}

impl Flow {
    /// `python/chats-in-v1-form`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.client.name(), self.name)
    }
}

/// A flow of a function `async fn(stage: &mut Stage, client: Client)`.
macro_rules! flow {
    ($client:expr, $name:literal, $promise:literal, [$($uses:literal),*], $run:path) => {
        $crate::flow::Flow {
            client: $client,
            name: $name,
            promise: $promise,
            uses: &[$($uses),*],
            run: |stage, client| Box::pin($run(stage, client)),
        }
    };
}
pub(crate) use flow;
