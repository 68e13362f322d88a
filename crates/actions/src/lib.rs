//! Handlers of the actions that steps request: kube, http, mail, chat, config.
