//! Holds core and practice Azure to recorded answers of the real one.
//!
//! Three questions are asked of a folder of records: does core read out of an answer what is in
//! it ([`parsing`]), does the simulator answer a request as Azure did ([`serving`]), and is an
//! error recognised whatever ids, names and wording it carries ([`diagnosis`])?

pub mod diagnosis;
pub mod examples;
pub mod exchange;
pub mod expectation;
pub mod failure_table;
pub mod headers;
pub mod importer;
pub mod noise;
pub mod operation;
pub mod options;
pub mod parsing;
pub mod production;
pub mod reasons;
pub mod record;
pub mod rename;
pub mod replay;
pub mod report;
pub mod roles;
pub mod serving;
pub mod shape;
