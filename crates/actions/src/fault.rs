//! Why an action failed, and whether trying again can help (workflow-engines.md §5.4: errors classed).

use std::fmt;

pub use workflow::FaultClass;

/// A failed request, told so that a person can act on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Whether trying again can help.
    pub class: FaultClass,
    /// One sentence that names the object, the cluster and the cause.
    pub message: String,
    /// The HTTP status, when a server answered.
    pub status: Option<u16>,
    /// How long the server asked to wait before trying again, in seconds.
    pub retry_after: Option<u32>,
    /// The message without what the server said, where it said something: it may repeat what it was sent.
    pub wordless: Option<Box<str>>,
}

impl Fault {
    /// A mistake that repeating cannot mend.
    pub fn permanent(message: impl Into<String>) -> Fault {
        Fault { class: FaultClass::Permanent, message: message.into(), status: None, retry_after: None, wordless: None }
    }

    /// Something that may go away by itself.
    pub fn transient(message: impl Into<String>) -> Fault {
        Fault { class: FaultClass::Transient, message: message.into(), status: None, retry_after: None, wordless: None }
    }

    /// From what kube's client says. `what` names the request: `apply Deployment default/web on cluster foo`.
    pub fn of(what: &str, error: &kube::Error) -> Fault {
        if let kube::Error::Api(status) = error {
            let code = status.code;
            let class = match code {
                409 if status.reason == "AlreadyExists" => FaultClass::Permanent,
                409 => FaultClass::Conflict,
                // A token that expired is renewed by the client; a server that is not ready yet says 401 or 403 rarely.
                408 | 410 | 429 | 500..=599 => FaultClass::Transient,
                _ => FaultClass::Permanent,
            };
            let cause = if status.message.is_empty() { &status.reason } else { &status.message };
            let retry_after = status.details.as_ref().map(|d| d.retry_after_seconds).filter(|s| *s > 0);
            let wordless = format!(
                "{what}: {} ({code}); what the server said is not shown, because the request held a secret",
                if status.reason.is_empty() { "refused" } else { &status.reason }
            );
            return Fault {
                class,
                message: format!("{what}: {cause}"),
                status: Some(code),
                retry_after,
                wordless: Some(wordless.into()),
            };
        }
        let permanent =
            matches!(error, kube::Error::SerdeError(_) | kube::Error::BuildRequest(_) | kube::Error::HttpError(_));
        let class = if permanent { FaultClass::Permanent } else { FaultClass::Transient };
        Fault {
            class,
            message: format!("{what}: {}", root_cause(error)),
            status: None,
            retry_after: None,
            wordless: None,
        }
    }

    /// Without what the server said, which may repeat what it was sent.
    #[must_use]
    pub fn without_words(self) -> Fault {
        match self.wordless {
            Some(message) => Fault { message: message.into(), wordless: None, ..self },
            None => self,
        }
    }

    /// Whether the server said that the object (or its namespace, or its kind) is not there.
    pub fn is_not_found(&self) -> bool {
        self.status == Some(404)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

/// The innermost text of a chain of errors: "connection refused" helps, "service error" does not.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(code: u16, reason: &str) -> kube::Error {
        let mut status = kube::core::Status::failure("the words of the server", reason);
        status.code = code;
        kube::Error::Api(status.boxed())
    }

    #[test]
    fn classes_follow_the_status() {
        let class = |code, reason| Fault::of("apply x", &api(code, reason)).class;
        assert_eq!(class(409, "Conflict"), FaultClass::Conflict);
        assert_eq!(class(409, "AlreadyExists"), FaultClass::Permanent);
        assert_eq!(class(429, "TooManyRequests"), FaultClass::Transient);
        assert_eq!(class(503, "ServiceUnavailable"), FaultClass::Transient);
        assert_eq!(class(422, "Invalid"), FaultClass::Permanent);
        assert_eq!(class(403, "Forbidden"), FaultClass::Permanent);
    }

    #[test]
    fn the_message_names_request_and_cause() {
        let fault = Fault::of("apply Deployment default/web on cluster foo", &api(422, "Invalid"));
        assert_eq!(fault.message, "apply Deployment default/web on cluster foo: the words of the server");
        assert_eq!(
            fault.without_words().message,
            "apply Deployment default/web on cluster foo: Invalid (422); what the server said is not shown, because the \
             request held a secret"
        );
    }
}
