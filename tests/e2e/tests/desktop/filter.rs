//! The filter of a long list, in the frames of the window.

use e2e::{Road, measure_filter};

#[tokio::test]
async fn a_key_in_the_filter_of_ten_thousand_accounts_is_answered_within_two_frames() {
    let road = Road::begin_in("ten-thousand").await;
    road.sign_in().await;
    let answers = measure_filter(&road.wizard, 50).await;
    assert_eq!(answers.all.len(), 50, "so many keys changed what matches");
    assert!(answers.median_frame() <= 2, "half of the keys are answered by then: {answers:?}");
}
