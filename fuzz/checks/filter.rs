//! `$filter` of role assignments in practice Azure.

/// What is taken has one spelling, which is taken for the same; every id can be asked for.
pub fn check_filter(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(spelling) = simulator::spell_filter(&text) {
        assert_eq!(
            simulator::spell_filter(&spelling).as_ref(),
            Some(&spelling),
            "'{text}' is spelled '{spelling}', which means something else"
        );
    }
    let id = text.replace('\'', "''");
    for filter in [
        format!("principalId eq '{id}'"),
        format!("assignedTo('{id}')"),
        format!("atScope() and assignedTo('{id}')"),
    ] {
        assert_eq!(simulator::spell_filter(&filter), Some(filter.clone()), "every id has a filter");
    }
}
