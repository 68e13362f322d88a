//! `lateen lsp`: the language server, on standard input and output. What it answers is worked out in `authoring::lsp`; here
//! are the protocol and the files.

mod answers;
mod files;
mod wire;

use crate::crds::CrdFileArgs;
use answers::Answers;
use authoring::lsp::Workspace;
use authoring::lsp::position::Encoding;
use k8s_schema::CustomTypes;
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use lsp_types::{
    DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    InitializeParams, PositionEncodingKind, TextDocumentContentChangeEvent,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen lsp                                an editor starts it so, for files *.cue, *.yaml and *.yml
  lateen lsp -d ../platform/definitions     with definitions that lie outside the editor's folder
  lateen lsp --crds crds/                   objects of your own kinds have to fit these CRDs

It tells what `lateen def vet` and `lateen render` tell while one types, and knows parameters, context, actions, the
fields of Kubernetes kinds, and the names that the parts of an application call each other by.")]
pub(crate) struct LspArgs {
    /// Definitions outside the editor's folder: files or folders
    #[arg(short = 'd', long = "definitions", value_name = "PATH")]
    definitions: Vec<PathBuf>,
    #[command(flatten)]
    crds: CrdFileArgs,
    /// Accepted, because editors give it: there is no other way
    #[arg(long)]
    stdio: bool,
}

/// Runs it until the editor ends it.
pub(crate) fn run(args: LspArgs) -> ExitCode {
    let custom = match args.crds.read() {
        Ok(custom) => custom,
        Err(failure) => {
            crate::report::print_all(&failure.0);
            return ExitCode::FAILURE;
        }
    };
    let (connection, threads) = wire::open();
    let served = serve(&connection, &args.definitions, custom);
    // The channel has to be closed for the writing thread to end.
    drop(connection);
    let joined = threads.join();
    match (served, joined) {
        (Ok(()), Ok(())) => ExitCode::SUCCESS,
        (Err(why), _) => {
            eprintln!("the editor does not keep to the protocol: {why}");
            ExitCode::FAILURE
        }
        (_, Err(why)) => {
            eprintln!("standard input or output is broken: {why}");
            ExitCode::FAILURE
        }
    }
}

type Fallible = Result<(), String>;

fn serve(connection: &Connection, definitions: &[PathBuf], custom: CustomTypes) -> Fallible {
    let (id, params) = connection.initialize_start().map_err(|e| e.to_string())?;
    // Folders come in two forms, an old and a new one; both may be absent.
    let folders = params.get("workspaceFolders").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut uris: Vec<String> = folders.iter().filter_map(|f| f.get("uri")?.as_str()).map(str::to_owned).collect();
    if uris.is_empty() {
        uris.extend(params.get("rootUri").and_then(Value::as_str).map(str::to_owned));
    }
    let params: InitializeParams = serde_json::from_value(params).map_err(|e| e.to_string())?;
    let offered = params.capabilities.general.and_then(|g| g.position_encodings).unwrap_or_default();
    let encoding = if offered.contains(&PositionEncodingKind::UTF8) { Encoding::Utf8 } else { Encoding::Utf16 };
    let mut workspace = Workspace::default();
    workspace.hold_to(custom);
    let mut roots: Vec<PathBuf> = definitions.to_vec();
    roots.extend(uris.iter().filter_map(|uri| files::path(uri)));
    workspace.load(files::definitions(&roots));
    connection.initialize_finish(id, capabilities(encoding)).map_err(|e| e.to_string())?;
    let mut server = Server { connection, workspace, encoding, open: Vec::new(), stale: Vec::new() };
    server.run()
}

fn capabilities(encoding: Encoding) -> Value {
    json!({
        "capabilities": {
            "positionEncoding": if encoding == Encoding::Utf8 { "utf-8" } else { "utf-16" },
            "textDocumentSync": {"openClose": true, "change": 2, "save": false},
            "hoverProvider": true,
            "definitionProvider": true,
            "referencesProvider": true,
            "renameProvider": {"prepareProvider": true},
            "documentFormattingProvider": true,
            "completionProvider": {"triggerCharacters": [".", "\"", "+", " "]},
        },
        "serverInfo": {"name": "lateen", "version": env!("CARGO_PKG_VERSION")},
    })
}

struct Server<'c> {
    connection: &'c Connection,
    workspace: Workspace,
    encoding: Encoding,
    /// The documents that the editor has open, with their versions.
    open: Vec<(String, i32)>,
    /// Those of them whose diagnostics have to be told again.
    stale: Vec<String>,
}

impl Server<'_> {
    fn run(&mut self) -> Fallible {
        loop {
            // What was typed in the meantime is taken in first: diagnostics are told of the newest text only.
            let message = match self.connection.receiver.try_recv() {
                Ok(message) => message,
                Err(_) => {
                    self.publish()?;
                    match self.connection.receiver.recv() {
                        Ok(message) => message,
                        Err(_) => return Ok(()),
                    }
                }
            };
            match message {
                Message::Request(request) => {
                    if self.connection.handle_shutdown(&request).map_err(|e| e.to_string())? {
                        return Ok(());
                    }
                    let response = self.answer(request);
                    self.send(Message::Response(response))?;
                }
                Message::Notification(notification) => self.take(notification),
                Message::Response(_) => {}
            }
        }
    }

    fn send(&self, message: Message) -> Fallible {
        self.connection.sender.send(message).map_err(|_| "the editor is gone".to_owned())
    }

    fn publish(&mut self) -> Fallible {
        for uri in std::mem::take(&mut self.stale) {
            let version = self.open.iter().find(|(open, _)| *open == uri).map(|(_, version)| *version);
            let diagnostics = match version {
                Some(_) => self.answers().diagnostics(&uri),
                // A closed document has nothing to tell.
                None => Vec::new(),
            };
            let params = json!({"uri": uri, "version": version, "diagnostics": diagnostics});
            self.send(Message::Notification(Notification::new("textDocument/publishDiagnostics".to_owned(), params)))?;
        }
        Ok(())
    }

    fn answers(&self) -> Answers<'_> {
        Answers { workspace: &self.workspace, encoding: self.encoding }
    }

    /// A change of a definition concerns every document that is open.
    fn touched(&mut self, uri: &str) {
        let mut stale: Vec<String> = self.open.iter().map(|(uri, _)| uri.clone()).collect();
        if !stale.iter().any(|s| s == uri) {
            stale.push(uri.to_owned());
        }
        for uri in stale {
            if !self.stale.contains(&uri) {
                self.stale.push(uri);
            }
        }
    }

    fn take(&mut self, notification: Notification) {
        let Notification { method, params } = notification;
        match method.as_str() {
            "textDocument/didOpen" => {
                let Some(p) = read::<DidOpenTextDocumentParams>(params) else { return };
                let uri = p.text_document.uri.0;
                self.workspace.set(&uri, p.text_document.text);
                self.open.retain(|(open, _)| *open != uri);
                self.open.push((uri.clone(), p.text_document.version));
                self.touched(&uri);
            }
            "textDocument/didChange" => {
                let Some(p) = read::<DidChangeTextDocumentParams>(params) else { return };
                let uri = p.text_document.text_document_identifier.uri.0;
                let mut text = self.workspace.source(&uri).map(|s| s.text.clone()).unwrap_or_default();
                for change in p.content_changes {
                    match change {
                        TextDocumentContentChangeEvent::TextDocumentContentChangePartial(change) => {
                            let start = answers::offset(&text, change.range.start, self.encoding);
                            let end = answers::offset(&text, change.range.end, self.encoding).max(start);
                            text.replace_range(start..end, &change.text);
                        }
                        TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(change) => {
                            text = change.text;
                        }
                    }
                }
                self.workspace.set(&uri, text);
                if let Some((_, version)) = self.open.iter_mut().find(|(open, _)| *open == uri) {
                    *version = p.text_document.version;
                }
                self.touched(&uri);
            }
            "textDocument/didClose" => {
                let Some(p) = read::<DidCloseTextDocumentParams>(params) else { return };
                let uri = p.text_document.uri.0;
                self.open.retain(|(open, _)| *open != uri);
                self.reload(&uri);
                self.touched(&uri);
            }
            "workspace/didChangeWatchedFiles" => {
                let Some(p) = read::<DidChangeWatchedFilesParams>(params) else { return };
                for change in p.changes {
                    let uri = change.uri.0;
                    if !self.open.iter().any(|(open, _)| *open == uri) {
                        self.reload(&uri);
                        self.touched(&uri);
                    }
                }
            }
            _ => {}
        }
    }

    /// The text as it is on the disk.
    fn reload(&mut self, uri: &str) {
        match files::path(uri).and_then(|path| std::fs::read_to_string(path).ok()) {
            Some(text) => self.workspace.set(uri, text),
            None => self.workspace.remove(uri),
        }
    }

    fn answer(&self, request: Request) -> Response {
        let Request { id, method, params } = request;
        let answers = self.answers();
        let result = match method.as_str() {
            "textDocument/hover" => read(params).map(|p| Ok(answers.hover(&p))),
            "textDocument/completion" => read(params).map(|p| Ok(answers.completion(&p))),
            "textDocument/definition" => read(params).map(|p| Ok(answers.definition(&p))),
            "textDocument/references" => read(params).map(|p| Ok(answers.references(&p))),
            "textDocument/prepareRename" => read(params).map(|p| Ok(answers.prepare_rename(&p))),
            "textDocument/rename" => read(params).map(|p| answers.rename(&p)),
            "textDocument/formatting" => read(params).map(|p| Ok(answers.formatting(&p))),
            other => {
                let text = format!("{other} is not offered");
                return Response::new_err(id, ErrorCode::MethodNotFound as i32, text);
            }
        };
        match result {
            Some(Ok(value)) => Response::new_ok(id, value),
            Some(Err(why)) => Response::new_err(id, ErrorCode::RequestFailed as i32, why),
            None => Response::new_err(id, ErrorCode::InvalidParams as i32, format!("{method}: broken parameters")),
        }
    }
}

fn read<T: DeserializeOwned>(params: Value) -> Option<T> {
    serde_json::from_value(params).ok()
}
