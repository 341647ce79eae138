//! What every Tauri program builds.

fn main() {
    tauri_build::build();
}
