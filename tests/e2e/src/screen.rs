//! The display as its server knows it: which windows there are, and which lies above which.

use tokio::time::{interval, timeout};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    AtomEnum, BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, CreateWindowAux,
    MOTION_NOTIFY_EVENT, MapState, WindowClass,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::{Home, PATIENCE};

/// A connection to the display's server.
#[derive(Debug)]
pub struct Screen {
    server: RustConnection,
    root: u32,
}

impl Screen {
    /// Connects to the display on which the windows of this home are.
    ///
    /// # Panics
    /// When there is no server.
    pub fn of(home: &Home) -> Self {
        let (server, number) = x11rb::connect(Some(&home.display)).expect("the display is there");
        let root = server.setup().roots[number].root;
        Self { server, root }
    }

    /// Lays an empty window over everything.
    pub fn cover(&self) -> u32 {
        let id = self.server.generate_id().expect("ids are many");
        let look = CreateWindowAux::new().override_redirect(1);
        let class = WindowClass::INPUT_OUTPUT;
        self.server
            .create_window(0, id, self.root, 0, 0, 1280, 1024, 0, class, 0, &look)
            .and_then(|_| self.server.map_window(id))
            .expect("the server takes requests");
        self.server.sync().expect("the server answers");
        id
    }

    /// Waits for the visible window of this process.
    pub async fn window_of(&self, process: u32) -> u32 {
        self.find("_NET_WM_PID", &process.to_ne_bytes()).await
    }

    /// Waits for the visible window with this title.
    pub async fn window_called(&self, title: &str) -> u32 {
        self.find("_NET_WM_NAME", title.as_bytes()).await
    }

    /// Waits until this window lies above that.
    pub async fn becomes_higher(&self, window: u32, other: u32) {
        let mut look = interval(crate::LOOK);
        let place = |wanted| self.windows().iter().position(|window| *window == wanted);
        let raised = async {
            while place(window) <= place(other) {
                look.tick().await;
            }
        };
        timeout(PATIENCE, raised).await.expect("the window comes to the front");
    }

    /// Presses the button that lies in the lower left corner of a dialog: its first.
    pub fn press_first_button(&self, dialog: u32) {
        let server = &self.server;
        let place = server.get_geometry(dialog).expect("the server takes requests");
        let place = place.reply().expect("the dialog is there");
        let corner = server.translate_coordinates(dialog, self.root, 0, 0);
        let corner = corner.expect("the server takes requests").reply().expect("it has a place");
        let across = corner.dst_x + i16::try_from(place.width / 4).expect("it is not that wide");
        let down = corner.dst_y + i16::try_from(place.height).expect("it is not that high") - 16;
        for (kind, detail) in
            [(MOTION_NOTIFY_EVENT, 0), (BUTTON_PRESS_EVENT, 1), (BUTTON_RELEASE_EVENT, 1)]
        {
            let sent = server.xtest_fake_input(kind, detail, 0, self.root, across, down, 0);
            sent.expect("the server plays a pointer");
        }
        server.sync().expect("the server answers");
    }

    async fn find(&self, property: &str, value: &[u8]) -> u32 {
        let mut look = interval(crate::LOOK);
        let find = async {
            loop {
                let mut windows = self.windows().into_iter();
                if let Some(window) = windows.find(|window| self.has(*window, property, value)) {
                    return window;
                }
                look.tick().await;
            }
        };
        let found = timeout(PATIENCE, find).await;
        found.unwrap_or_else(|_| panic!("no window has the {property} that was looked for"))
    }

    /// Every window of the display, the lowest first.
    fn windows(&self) -> Vec<u32> {
        let tree = self.server.query_tree(self.root).expect("the server takes requests");
        tree.reply().expect("the display has windows").children
    }

    /// A window may go while it is looked at: then it has nothing.
    fn has(&self, window: u32, property: &str, value: &[u8]) -> bool {
        let server = &self.server;
        let atom =
            server.intern_atom(false, property.as_bytes()).expect("the server takes requests");
        let atom = atom.reply().expect("every name has a number").atom;
        let held = server.get_property(false, window, atom, AtomEnum::ANY, 0, 256);
        let held = held.ok().and_then(|held| held.reply().ok());
        let state = server.get_window_attributes(window).ok().and_then(|state| state.reply().ok());
        held.is_some_and(|held| held.value == value)
            && state.is_some_and(|state| state.map_state == MapState::VIEWABLE)
    }
}
