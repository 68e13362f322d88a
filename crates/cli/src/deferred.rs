//! A subcommand whose arguments are described when it is the one that is called, or when all are asked for: describing
//! all of them at every start took longer than evaluating a small file.

use clap::builder::Resettable;
use clap::{ArgMatches, Args, Command, Error, FromArgMatches, Subcommand};

/// `T`, described late.
#[derive(Debug)]
pub(crate) struct Deferred<T>(pub(crate) T);

impl<T: FromArgMatches> FromArgMatches for Deferred<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(Deferred)
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches_mut(matches).map(Deferred)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}

/// The arguments of a command, which is still about what the list of commands says it is.
fn arguments<T: Args>(command: Command) -> Command {
    let about = command.get_about().cloned();
    T::augment_args(command).about(Resettable::from(about)).long_about(None)
}

/// The same with subcommands.
fn subcommands<T: Subcommand>(command: Command) -> Command {
    let about = command.get_about().cloned();
    T::augment_subcommands(command).about(Resettable::from(about)).long_about(None)
}

impl<T: Args> Args for Deferred<T> {
    fn augment_args(command: Command) -> Command {
        command.defer(arguments::<T>)
    }

    fn augment_args_for_update(command: Command) -> Command {
        command.defer(T::augment_args_for_update)
    }
}

impl<T: Subcommand> Subcommand for Deferred<T> {
    fn augment_subcommands(command: Command) -> Command {
        command.defer(subcommands::<T>)
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        command.defer(T::augment_subcommands_for_update)
    }

    fn has_subcommand(name: &str) -> bool {
        T::has_subcommand(name)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn every_subcommand_is_well_formed() {
        let mut all = crate::Cli::command();
        all.build();
        all.clone().debug_assert();
        let cue = all.find_subcommand("cue").and_then(|c| c.find_subcommand("export")).unwrap();
        assert!(cue.get_arguments().any(|a| a.get_long() == Some("expression")));
    }

    #[test]
    fn help_says_what_the_list_of_commands_says() {
        let mut all = crate::Cli::command();
        let listed: Vec<(String, String)> =
            all.get_subcommands().map(|c| (c.get_name().to_owned(), about(c))).collect();
        all.build();
        for (name, about_it) in listed {
            let built = all.find_subcommand(&name).unwrap();
            assert_eq!(about(built), about_it, "{name}");
            assert!(!about_it.is_empty() && !about_it.starts_with("The "), "{name}: {about_it}");
        }
    }

    fn about(command: &clap::Command) -> String {
        command.get_about().map(ToString::to_string).unwrap_or_default()
    }
}
