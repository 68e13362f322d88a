//! Consent: whose it takes to pass a gate, and whose was given.
//!
//! A suspend action with `approval` is passed by people only: by as many different ones as `quorum` says, each in one of
//! `groups`, not by the author of the revision if `notAuthor`, and in time if it `expires`.

use crate::time::{Time, duration};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a gate asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Need {
    /// Whoever approves is in one of these; empty: anybody.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// How many people.
    pub quorum: u32,
    /// The author of the revision does not count.
    pub not_author: bool,
    /// The gate fails when it is not passed by then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Time>,
}

/// A consent that was given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// By whom.
    pub by: String,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// When.
    pub at: Time,
}

impl Need {
    /// Reads the `approval` of a suspend action that is reached at `now`; `None`: it has none.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn of(approval: Option<&Value>, now: Time) -> Result<Option<Need>, String> {
        let Some(map) = approval.and_then(Value::as_object) else { return Ok(None) };
        let groups = map.get("groups").and_then(Value::as_array).into_iter().flatten();
        let quorum = map.get("quorum").and_then(Value::as_u64).unwrap_or(1);
        let expires = match map.get("expires").and_then(Value::as_str).unwrap_or_default() {
            "" => None,
            text => Some(now.after(duration(text)?)),
        };
        Ok(Some(Need {
            groups: groups.filter_map(Value::as_str).map(str::to_owned).collect(),
            quorum: u32::try_from(quorum).unwrap_or(u32::MAX).max(1),
            not_author: map.get("notAuthor").and_then(Value::as_bool).unwrap_or_default(),
            expires,
        }))
    }

    /// Whether somebody's consent counts.
    ///
    /// # Errors
    /// Why not.
    pub fn accepts(&self, by: &str, groups: &[String], author: &str, given: &[Approval]) -> Result<(), String> {
        if by.is_empty() {
            return Err("an approval needs the name of who gives it".to_owned());
        }
        if self.not_author && by == author {
            return Err(format!("{by} wrote this revision, and somebody else has to approve it"));
        }
        if !self.groups.is_empty() && !self.groups.iter().any(|g| groups.contains(g)) {
            return Err(format!("{by} is in none of the groups that may approve: {}", self.groups.join(", ")));
        }
        if given.iter().any(|a| a.by == by) {
            return Err(format!("{by} has approved already; it takes {} people", self.quorum));
        }
        Ok(())
    }

    /// What a gate with a message of its own shows: that, and what is still missing.
    pub fn show(&self, message: &str, given: &[Approval]) -> String {
        match message {
            "" => self.tell(given),
            message => format!("{message} ({})", self.tell(given)),
        }
    }

    /// The gate's own message in what [`Need::show`] made of it and of the same consents.
    pub fn message<'s>(&self, shown: &'s str, given: &[Approval]) -> &'s str {
        shown.strip_suffix(&format!(" ({})", self.tell(given))).unwrap_or_default()
    }

    /// What is still missing, for people.
    pub fn tell(&self, given: &[Approval]) -> String {
        let mut text = format!("waits for approval, {} of {}", given.len(), self.quorum);
        if !self.groups.is_empty() {
            text.push_str(&format!(", by {}", self.groups.join(" or ")));
        }
        if !given.is_empty() {
            text.push_str(&format!("; {}", people(given)));
        }
        text
    }
}

/// Who approved, with their words.
pub fn people(given: &[Approval]) -> String {
    let one = |a: &Approval| match a.comment.as_str() {
        "" => a.by.clone(),
        comment => format!("{} (\"{comment}\")", a.by),
    };
    format!("approved by {}", given.iter().map(one).collect::<Vec<_>>().join(", "))
}
