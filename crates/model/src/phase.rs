//! Phases, modes and reasons, in the words that KubeVela's tools read.

use serde::{Deserialize, Serialize};

/// An enum of texts: serde by its text, `as_str`, `Display`, and a catch-all for texts of newer versions.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? } else $other:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Its text.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }
            /// The one with this text.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some($name::$variant),)+ _ => None }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = Option::<String>::deserialize(d)?.unwrap_or_default();
                Ok(Self::parse(&text).unwrap_or($name::$other))
            }
        }
    };
}

words! {
    /// How the steps of one level are run.
    Mode {
        /// One after the other.
        #[default]
        StepByStep = "StepByStep",
        /// By dependencies.
        Dag = "DAG",
    } else StepByStep
}

words! {
    /// `status.status` of an Application.
    AppPhase {
        /// Accepted, nothing done.
        #[default]
        Starting = "starting",
        /// Loading definitions, rendering.
        Rendering = "rendering",
        /// Rendering CUE policies.
        GeneratingPolicy = "generatingPolicy",
        /// Steps are executing.
        RunningWorkflow = "runningWorkflow",
        /// Waits in a suspend step, or suspended by a user.
        WorkflowSuspending = "workflowSuspending",
        /// Stopped on request.
        WorkflowTerminated = "workflowTerminated",
        /// Ended because of failures.
        WorkflowFailed = "workflowFailed",
        /// Finished, every service healthy.
        Running = "running",
        /// Finished, some service not healthy.
        Unhealthy = "unhealthy",
        /// Being deleted.
        Deleting = "deleting",
    } else Starting
}

words! {
    /// `status.workflow.status`, the phase of a run.
    RunPhase {
        /// Not begun.
        #[default]
        Initializing = "initializing",
        /// Under way.
        Executing = "executing",
        /// Waits for a user or for a time.
        Suspending = "suspending",
        /// Stopped on request.
        Terminated = "terminated",
        /// Ended because of failures.
        Failed = "failed",
        /// Done.
        Succeeded = "succeeded",
        /// Only ever an answer ("nothing done"), never stored.
        Skipped = "skipped",
    } else Initializing
}

impl RunPhase {
    /// Nothing more will happen by itself or by resuming.
    pub fn is_finished(self) -> bool {
        matches!(self, RunPhase::Terminated | RunPhase::Failed | RunPhase::Succeeded)
    }
}

words! {
    /// The phase of a step.
    StepPhase {
        /// Waits for a dependency or an input.
        #[default]
        Pending = "pending",
        /// Under way.
        Running = "running",
        /// Waits for a user or for a time.
        Suspending = "suspending",
        /// Done.
        Succeeded = "succeeded",
        /// Failed; finished only with a final reason.
        Failed = "failed",
        /// Will not run.
        Skipped = "skipped",
    } else Pending
}

words! {
    /// Why a step is in its phase.
    StepReason {
        /// Nothing to explain.
        #[default]
        None = "",
        /// An action asked to wait.
        Wait = "Wait",
        /// Its `if` was false, or something before it failed.
        Skip = "Skip",
        /// Its template could not be loaded or compiled.
        Rendering = "Rendering",
        /// An action or the evaluation returned an error; tried again.
        Execute = "Execute",
        /// Suspended by the step or by a user.
        Suspend = "Suspend",
        /// `#Break`, or terminated by a user.
        Terminate = "Terminate",
        /// Its properties are no data.
        ProcessParameter = "ProcessParameter",
        /// An input could not be had.
        Input = "Input",
        /// An output never came.
        Output = "Output",
        /// The retry budget is spent.
        FailedAfterRetries = "FailedAfterRetries",
        /// Its time is over.
        Timeout = "Timeout",
        /// `#Fail`.
        Action = "Action",
    } else None
}

impl StepReason {
    /// Whether a failed step with this reason stays failed; the others are tried again.
    pub fn is_final(self) -> bool {
        !matches!(self, StepReason::None | StepReason::Execute)
    }
}

/// The one text of `status.workflow.mode`: `StepByStep-DAG`.
pub fn mode_text(steps: Mode, sub_steps: Mode) -> String {
    format!("{steps}-{sub_steps}")
}
