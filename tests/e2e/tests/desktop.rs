//! The promises of the desktop app, kept in its real window.

use std::fs;

use e2e::Road;

#[tokio::test]
async fn a_newcomer_walks_the_straight_road_by_keyboard_alone() {
    let road = Road::begin().await;
    road.walk().await;
    let env = fs::read_to_string(road.env_file()).expect("the wizard wrote the file");
    println!("{env}");
}
