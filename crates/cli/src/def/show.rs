//! `lateen def show`: what a definition takes, wherever it is stored. It is `lateen show`, under the name that it has in other
//! tools.

pub(crate) use crate::show::{ShowArgs, run};
