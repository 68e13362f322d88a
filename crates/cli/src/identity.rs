//! Who gives a command, as the hub knows them: a real hub is asked, the embedded one believes the operating system. Nothing
//! that the user writes goes into it, for approvals are counted by it.

use crate::session::Session;
use fleet::HubChoice;
use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use kube::Api;
use kube::api::PostParams;

/// A person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Who {
    /// Their name.
    pub(crate) name: String,
    /// Their groups.
    pub(crate) groups: Vec<String>,
}

/// Who gives this command.
pub(crate) async fn who(session: &Session) -> Who {
    if *session.fleet.hub_choice() == HubChoice::Embedded {
        return of_this_machine();
    }
    let api: Api<SelfSubjectReview> = Api::all(session.fleet.hub().client());
    let answer = api.create(&PostParams::default(), &SelfSubjectReview::default()).await;
    // An API server that does not know the question, or does not answer it, leaves what this machine knows.
    let info = answer.ok().and_then(|review| review.status).and_then(|status| status.user_info);
    match info.and_then(|info| Some((info.username?, info.groups.unwrap_or_default()))) {
        Some((name, groups)) => Who { name, groups },
        None => Who { groups: Vec::new(), ..of_this_machine() },
    }
}

/// The account of this process.
fn of_this_machine() -> Who {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let status = read("/proc/self/status");
    if let Some(who) = account(&status, &read("/etc/passwd"), &read("/etc/group")) {
        return who;
    }
    let name = std::env::var("USER").or_else(|_| std::env::var("USERNAME")).unwrap_or_default();
    Who { name, groups: Vec::new() }
}

/// An account from what the system says of the process, its users and its groups.
fn account(status: &str, passwd: &str, group: &str) -> Option<Who> {
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let uid = field("Uid")?.split_whitespace().nth(1)?;
    let gid = field("Gid")?.split_whitespace().nth(1)?;
    let named = |table: &str, id: &str| {
        let lines = table.lines().map(|line| line.split(':').collect::<Vec<_>>());
        lines.into_iter().find(|l| l.get(2) == Some(&id)).and_then(|l| l.first().map(|name| (*name).to_owned()))
    };
    let name = named(passwd, uid).unwrap_or_else(|| uid.to_owned());
    let mut groups: Vec<String> = Vec::new();
    for id in std::iter::once(gid).chain(field("Groups").unwrap_or_default().split_whitespace()) {
        let name = named(group, id).unwrap_or_else(|| id.to_owned());
        if !groups.contains(&name) {
            groups.push(name);
        }
    }
    Some(Who { name, groups })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_has_its_own_group_and_the_others() {
        let status = "Name:\tx\nUid:\t1000\t1000\t1000\t1000\nGid:\t100\t100\t100\t100\nGroups:\t100 27 4711\n";
        let passwd = "root:x:0:0::/root:/bin/sh\nanna:x:1000:100::/home/anna:/bin/sh\n";
        let group = "users:x:100:\nsudo:x:27:anna\n";
        let anna = Who { name: "anna".into(), groups: vec!["users".into(), "sudo".into(), "4711".into()] };
        assert_eq!(account(status, passwd, group), Some(anna));
        assert_eq!(account("", passwd, group), None);
        assert_eq!(account(status, "", "").map(|w| w.name).as_deref(), Some("1000"));
    }
}
