//! `lateen lsp` as an editor uses it: the test speaks the protocol to the binary over standard input and output.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot talk to the server has failed"
)]

mod place;

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// An editor with one server.
struct Editor {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    next: i64,
    /// Diagnostics as last told, by URI.
    told: Vec<(String, Value)>,
}

impl Editor {
    fn start(folder: &Path) -> Editor {
        Editor::start_with(folder, &[])
    }

    /// With these flags.
    fn start_with(folder: &Path, flags: &[&str]) -> Editor {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lateen"))
            .arg("lsp")
            .args(flags)
            .current_dir(folder)
            .env_clear()
            .env("TMPDIR", folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut editor = Editor { child, input, output, next: 0, told: Vec::new() };
        let root = uri(folder, "");
        let answer = editor.ask("initialize", json!({"processId": null, "rootUri": root, "capabilities": {}}));
        assert_eq!(answer["capabilities"]["positionEncoding"], "utf-16");
        assert_eq!(answer["capabilities"]["renameProvider"]["prepareProvider"], true);
        editor.tell("initialized", json!({}));
        editor
    }

    fn write(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.input.flush().unwrap();
    }

    fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the server has ended");
            match line.trim().split_once(": ") {
                Some(("Content-Length", n)) => length = n.parse().unwrap(),
                Some(_) => {}
                None => break,
            }
        }
        let mut bytes = vec![0; length];
        self.output.read_exact(&mut bytes).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.write(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// The result of a request, or its error.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.write(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let message = self.read();
            if message["id"] == id {
                return match message.get("error") {
                    Some(error) => error.clone(),
                    None => message["result"].clone(),
                };
            }
            self.heard(message);
        }
    }

    fn heard(&mut self, message: Value) {
        if message["method"] == "textDocument/publishDiagnostics" {
            let uri = message["params"]["uri"].as_str().unwrap().to_owned();
            self.told.retain(|(u, _)| *u != uri);
            self.told.push((uri, message["params"].clone()));
        }
    }

    fn open(&mut self, uri: &str, text: &str) {
        self.tell(
            "textDocument/didOpen",
            json!({"textDocument": {"uri": uri, "languageId": "cue", "version": 1, "text": text}}),
        );
    }

    /// Types a text in at a place.
    fn insert(&mut self, uri: &str, version: i32, at: (u32, u32), text: &str) {
        let place = json!({"line": at.0, "character": at.1});
        self.tell(
            "textDocument/didChange",
            json!({
                "textDocument": {"uri": uri, "version": version},
                "contentChanges": [{"range": {"start": place, "end": place}, "text": text}],
            }),
        );
    }

    /// The diagnostics of this version of a document, each in a line.
    fn diagnostics(&mut self, uri: &str, version: i32) -> String {
        loop {
            if let Some((_, told)) = self.told.iter().find(|(u, t)| u == uri && t["version"] == version) {
                let list = told["diagnostics"].as_array().unwrap();
                let line = |d: &Value| {
                    let (start, end) = (&d["range"]["start"], &d["range"]["end"]);
                    format!(
                        "{}:{}-{}:{} {} {}",
                        start["line"],
                        start["character"],
                        end["line"],
                        end["character"],
                        d["code"].as_str().unwrap(),
                        d["message"].as_str().unwrap().replace('\n', " / ")
                    )
                };
                return list.iter().map(line).collect::<Vec<_>>().join("\n");
            }
            let message = self.read();
            self.heard(message);
        }
    }

    fn at(&mut self, method: &str, uri: &str, at: (u32, u32)) -> Value {
        let params = json!({"textDocument": {"uri": uri}, "position": {"line": at.0, "character": at.1}});
        self.ask(method, params)
    }

    /// Labels of the completions at a place.
    fn completions(&mut self, uri: &str, at: (u32, u32)) -> Vec<String> {
        let answer = self.at("textDocument/completion", uri, at);
        answer["items"].as_array().unwrap().iter().map(|i| i["label"].as_str().unwrap().to_owned()).collect()
    }

    fn end(mut self) {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.tell("exit", Value::Null);
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        // A test that failed leaves no server behind; one that ended has none any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn uri(folder: &Path, name: &str) -> String {
    format!("file://{}/{name}", folder.display()).trim_end_matches('/').to_owned()
}

/// The place of the first `|` of a text, which is taken out.
fn cursor(text: &str) -> (String, (u32, u32)) {
    let at = text.find('|').unwrap_or_else(|| panic!("no cursor in {text}"));
    let before = &text[..at];
    let line = before.matches('\n').count() as u32;
    let column = before.rsplit('\n').next().unwrap().encode_utf16().count() as u32;
    (text.replacen('|', "", 1), (line, column))
}

const TRAIT: &str = r#"import "vela/kube"

greeting: {
	type: "trait", description: "Greets"
	attributes: appliesToWorkloads: ["deployments.apps"]
}
template: {
	patch: metadata: annotations: hello: parameter.who
	_read: kube.#Read & {
		$params: value: {apiVersion: "v1", kind: "ConfigMap", metadata: name: parameter.who}
	}
	outputs: card: {
		apiVersion: "v1"
		kind:       "ConfigMap"
		metadata: name: context.name
		data: {
			who: parameter.who
		}
	}
	parameter: {
		// +usage=Who is greeted
		who: string
		// +usage=How often
		times: *1 | int
	}
}
"#;

const APP: &str = "apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: shop}
spec:
  components:
    - name: web
      type: webservice
      properties:
        image: nginx
      traits:
        - type: greeting
          properties: {who: all}
  workflow:
    steps:
      - name: first
        type: apply-component
        properties: {component: web}
";

#[test]
fn errors_come_with_each_key() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = Editor::start(folder.path());
    let file = uri(folder.path(), "greeting.cue");
    editor.open(&file, TRAIT);
    assert_eq!(editor.diagnostics(&file, 1), "");
    // A name that is not there.
    let line = TRAIT.lines().position(|l| l.contains("\twho: parameter.who")).unwrap() as u32;
    let end = TRAIT.lines().nth(line as usize).unwrap().len() as u32;
    editor.insert(&file, 2, (line, end), "m + whom");
    let reference = editor.diagnostics(&file, 2);
    // Half of an expression.
    editor.insert(&file, 3, (line, end + 8), " + ");
    let syntax = editor.diagnostics(&file, 3);
    // An application that uses the trait wrongly, in the same folder.
    let app = uri(folder.path(), "app.yaml");
    editor.open(&app, &APP.replace("image: nginx", "imag: nginx"));
    let wrong = editor.diagnostics(&app, 1);
    insta::assert_snapshot!(format!("{reference}\n--\n{syntax}\n--\n{wrong}"));
    editor.end();
}

#[test]
fn a_change_of_a_definition_is_seen_by_applications_at_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("greeting.cue"), TRAIT).unwrap();
    let mut editor = Editor::start(folder.path());
    let app = uri(folder.path(), "app.yaml");
    editor.open(&app, APP);
    assert_eq!(editor.diagnostics(&app, 1), "");
    let file = uri(folder.path(), "greeting.cue");
    editor.open(&file, &TRAIT.replace("who: string", "who: \"me\" | \"you\""));
    editor.diagnostics(&file, 1);
    editor.told.clear();
    editor.insert(&app, 2, (0, 0), "# changed\n");
    insta::assert_snapshot!(editor.diagnostics(&app, 2), @r#"12:28-12:31 render/mistyped-parameter spec.components[0].traits[0].properties.who: "who" cannot be "all": "greeting" wants "me" | "you""#);
    editor.end();
}

#[test]
fn completion_in_definitions() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = Editor::start(folder.path());
    let mut seen = Vec::new();
    for (n, (from, to)) in [
        ("who: parameter.who", "who: parameter.|"),
        ("who: parameter.who", "who: context.|"),
        ("who: parameter.who", "who: context.clusterVersion.mi|"),
        ("who: parameter.who", "who: kube.#|"),
        ("who: parameter.who", "who: par|"),
        ("\t\tdata: {\n\t\t\twho: parameter.who\n\t\t}", "\t\t|"),
        ("$params: value: {", "$params: {|}, _x: {"),
        ("\t_read: kube", "\tpatch: spec: template: spec: {\n\t\tho|\n\t}\n\t_read: kube"),
        ("import \"vela/kube\"", "import \"vela/ht|\""),
        ("\ttype: \"trait\"", "\ttype: \"trait\"\n\tde|"),
        ("attributes: appliesToWorkloads: [\"deployments.apps\"]", "attributes: {\n\t\t|\n\t}"),
        ("\tparameter: {", "\te|\n\tparameter: {"),
    ]
    .into_iter()
    .enumerate()
    {
        let (text, at) = cursor(&TRAIT.replacen(from, to, 1));
        let file = uri(folder.path(), &format!("case{n}.cue"));
        editor.open(&file, &text);
        let mut labels = editor.completions(&file, at);
        let more = labels.len().saturating_sub(12);
        labels.truncate(12);
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        seen.push(format!("{}\n  {}{rest}", to.trim().replace('\n', "\\n"), labels.join(" ")));
    }
    insta::assert_snapshot!(seen.join("\n"));
    editor.end();
}

#[test]
fn completion_in_applications() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("greeting.cue"), TRAIT).unwrap();
    let mut editor = Editor::start(folder.path());
    let mut seen = Vec::new();
    for (n, (from, to)) in [
        ("        image: nginx", "        image: nginx\n        |"),
        ("type: webservice", "type: webs|"),
        ("type: greeting", "type: greet|"),
        ("properties: {who: all}", "properties: {w|}"),
        ("        image: nginx", "        image: nginx\n        ports:\n          - port: 80\n            pr|"),
        ("        image: nginx", "        image: nginx\n        exposeType: |"),
        ("    - name: web\n", "    - name: web\n      de|\n"),
        ("{component: web}", "{component: |}"),
        ("      - name: first", "      - name: first\n        if|"),
        ("      - name: first", "      - name: first\n        retry:\n          l|"),
        ("  workflow:", "  po|\n  workflow:"),
    ]
    .into_iter()
    .enumerate()
    {
        let (text, at) = cursor(&APP.replacen(from, to, 1));
        let file = uri(folder.path(), &format!("case{n}.yaml"));
        editor.open(&file, &text);
        let mut labels = editor.completions(&file, at);
        let more = labels.len().saturating_sub(12);
        labels.truncate(12);
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        seen.push(format!("{}\n  {}{rest}", to.trim().replace('\n', "\\n"), labels.join(" ")));
    }
    insta::assert_snapshot!(seen.join("\n"));
    editor.end();
}

/// The place of a text in another, so many bytes in.
fn place(text: &str, part: &str, into: usize) -> (u32, u32) {
    let at = text.find(part).unwrap() + into;
    cursor(&format!("{}|{}", &text[..at], &text[at..])).1
}

#[test]
fn hover_says_what_things_are() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = Editor::start(folder.path());
    let (file, app) = (uri(folder.path(), "greeting.cue"), uri(folder.path(), "app.yaml"));
    editor.open(&file, TRAIT);
    editor.open(&app, APP);
    let mut seen = Vec::new();
    for (uri, text, part, into) in [
        (&file, TRAIT, "hello: parameter.who", 18),
        (&file, TRAIT, "context.name", 9),
        (&file, TRAIT, "kube.#Read", 7),
        (&file, TRAIT, "$params", 2),
        (&file, TRAIT, "data: {", 1),
        (&file, TRAIT, "appliesToWorkloads", 3),
        (&file, TRAIT, "outputs: card", 2),
        (&file, TRAIT, "\"vela/kube\"", 3),
        (&app, APP, "image: nginx", 2),
        (&app, APP, "who: all", 1),
        (&app, APP, "type: apply-component", 8),
        (&app, APP, "traits:", 2),
    ] {
        let answer = editor.at("textDocument/hover", uri, place(text, part, into));
        seen.push(format!("{part}\n{}", answer["contents"]["value"].as_str().unwrap_or("nothing")));
    }
    insta::assert_snapshot!(seen.join("\n----\n"));
    editor.end();
}

#[test]
fn definitions_are_found_across_files() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("greeting.cue"), TRAIT).unwrap();
    let mut editor = Editor::start(folder.path());
    let (file, app) = (uri(folder.path(), "greeting.cue"), uri(folder.path(), "app.yaml"));
    editor.open(&app, APP);
    let mut seen = Vec::new();
    for (uri, text, part, into) in [
        (&file, TRAIT, "hello: parameter.who", 18),
        (&file, TRAIT, "hello: parameter.who", 10),
        (&file, TRAIT, "kube.#Read", 7),
        (&app, APP, "type: greeting", 8),
        (&app, APP, "who: all", 1),
        (&app, APP, "type: webservice", 8),
        (&app, APP, "image: nginx", 2),
        (&app, APP, "component: web", 12),
    ] {
        let answer = editor.at("textDocument/definition", uri, place(text, part, into));
        let line = |l: &Value| {
            let target = l["uri"].as_str().unwrap().replace(&uri_text(folder.path()), "");
            let path = target.trim_start_matches('/').to_owned();
            let full = folder.path().join(&path);
            let content = std::fs::read_to_string(full).unwrap_or_else(|_| APP.to_owned());
            let number = l["range"]["start"]["line"].as_u64().unwrap() as usize;
            // Files of ours may grow: their lines are shown, not counted.
            format!("{path}: {}", content.lines().nth(number).unwrap_or_default().trim())
        };
        let found: Vec<String> = answer.as_array().unwrap().iter().map(line).collect();
        seen.push(format!("{part}\n  {}", found.join("\n  ")));
    }
    insta::assert_snapshot!(seen.join("\n"));
    editor.end();
}

fn uri_text(folder: &Path) -> String {
    uri(folder, "")
}

/// Applies the edits of an answer to a text.
fn edited(text: &str, edits: &Value) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let offset = |p: &Value| {
        let line = p["line"].as_u64().unwrap() as usize;
        let (mut units, column) = (0, p["character"].as_u64().unwrap() as usize);
        let before = lines[line].chars().take_while(|c| {
            let inside = units < column;
            units += c.len_utf16();
            inside
        });
        lines[..line].iter().map(|l| l.len() + 1).sum::<usize>() + before.map(char::len_utf8).sum::<usize>()
    };
    let mut list: Vec<(usize, usize, &str)> = edits
        .as_array()
        .unwrap_or_else(|| panic!("no edits: {edits}"))
        .iter()
        .map(|e| (offset(&e["range"]["start"]), offset(&e["range"]["end"]), e["newText"].as_str().unwrap()))
        .collect();
    list.sort();
    let mut out = text.to_owned();
    for (start, end, new) in list.into_iter().rev() {
        out.replace_range(start..end, new);
    }
    out
}

#[test]
fn names_are_changed_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = Editor::start(folder.path());
    let (file, app) = (uri(folder.path(), "greeting.cue"), uri(folder.path(), "app.yaml"));
    editor.open(&file, TRAIT);
    editor.open(&app, APP);
    let mut rename = |uri: &str, at: (u32, u32), new: &str| {
        let place = json!({"line": at.0, "character": at.1});
        editor.ask("textDocument/rename", json!({"textDocument": {"uri": uri}, "position": place, "newName": new}))
    };
    let answer = rename(&file, place(TRAIT, "who: string", 1), "person");
    let text = edited(TRAIT, &answer["changes"][&file]);
    assert_eq!(text, TRAIT.replace("parameter.who", "parameter.person").replace("who: string", "person: string"));
    let answer = rename(&app, place(APP, "component: web", 12), "front");
    assert_eq!(
        edited(APP, &answer["changes"][&app]),
        APP.replace("name: web", "name: front").replace("component: web", "component: front")
    );
    // What a definition file is made of keeps its name, and a name has to be one.
    assert_eq!(rename(&file, place(TRAIT, "parameter: {", 2), "input")["message"], "what is here cannot be renamed");
    assert_eq!(rename(&file, place(TRAIT, "who: string", 1), "a b")["message"], "\"a b\" is no name");
    editor.end();
}

#[test]
fn formatting_is_that_of_cue_fmt() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = Editor::start(folder.path());
    let file = uri(folder.path(), "greeting.cue");
    let ugly = TRAIT.replace("\tparameter: {", "  parameter:   {");
    editor.open(&file, &ugly);
    let ask = json!({"textDocument": {"uri": file}, "options": {"tabSize": 8, "insertSpaces": false}});
    let edits = editor.ask("textDocument/formatting", ask);
    assert_eq!(edited(&ugly, &edits), TRAIT);
    assert_eq!(editor.ask("textDocument/unheardOf", json!({}))["code"], -32601);
    editor.end();
}

#[test]
fn what_is_no_message_does_not_end_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = Editor::start(folder.path());
    let uri = uri(folder.path(), "a.cue");
    editor.open(&uri, "a: b\n");
    write!(editor.input, "Content-Length: 6\r\n\r\n{{\"a\": Content-Length: -3\r\n\r\n").unwrap();
    let broken = json!({"textDocument": 5, "position": {"line": -1}});
    assert_eq!(editor.ask("textDocument/hover", broken)["code"], -32602);
    assert_eq!(editor.at("textDocument/hover", &uri, (4_000_000_000, 4_000_000_000)), Value::Null);
    let deep = format!("a: {}", "[".repeat(100_000));
    editor.tell(
        "textDocument/didChange",
        json!({"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": deep}]}),
    );
    assert!(editor.diagnostics(&uri, 2).contains("cue/syntax"));
    editor.end();
}

#[test]
fn packages_and_cases_are_known_to_the_editor() {
    let folder = tempfile::tempdir().unwrap();
    let package = "apiVersion: cue.oam.dev/v1alpha1\nkind: Package\nmetadata: {name: tickets}\nspec:\n  path: ext/tickets\n  provider: {protocol: http, endpoint: 'https://x'}\n  templates:\n    t.cue: |\n      package tickets\n      // Opens a ticket.\n      #Open: {\n        #do: \"open\"\n        #provider: \"tickets\"\n        $params: title: string\n        $returns?: {...}\n        ...\n      }\n";
    std::fs::write(folder.path().join("tickets.yaml"), package).unwrap();
    let step = "import \"ext/tickets\"\n\nask: {type: \"workflow-step\", description: \"Asks\", attributes: {}}\ntemplate: {\n\tticket: tickets.#Open & {$params: title: parameter.title}\n\tparameter: title: string\n}\n";
    let mut editor = Editor::start(folder.path());
    let file = uri(folder.path(), "ask.cue");
    editor.open(&file, step);
    assert_eq!(editor.diagnostics(&file, 1), "");
    let at = place(step, "#Open", 2);
    let hover = editor.at("textDocument/hover", &file, at);
    assert!(hover["contents"]["value"].as_str().unwrap().contains("Opens a ticket."), "{hover}");
    let found = editor.at("textDocument/definition", &file, at);
    assert!(found.to_string().contains("Package/ext/tickets/t.cue"), "{found}");
    let cases = uri(folder.path(), "ask_test.yaml");
    editor.open(&cases, "cases:\n- name: a\n  parameter: {title: x}\n  actions: [{path: ticket, returns: {}}]\n  expect: {phase: failed}\n");
    assert_eq!(
        editor.diagnostics(&cases, 1),
        "4:18-4:24 test/differs phase: is \"succeeded\", expected \"failed\" (expected here)"
    );
    // What the package forbids is an error, and so is what vetting alone finds.
    let wrong = step.replace("$params: title:", "$params: titel:").replace("parameter.title}", "context.nmae}");
    editor.tell(
        "textDocument/didChange",
        json!({"textDocument": {"uri": file, "version": 2}, "contentChanges": [{"text": wrong}]}),
    );
    let told = editor.diagnostics(&file, 2);
    assert!(told.contains("cue/not-allowed") && told.contains("vet/context"), "{told}");
    editor.end();
}

/// Characters of two units of UTF-16 and of three bytes stand before every place that is asked for.
#[test]
fn columns_are_counted_as_an_editor_counts_them() {
    const WIDE: &str = r#"hail: {type: "trait", description: "招呼😀", attributes: {}}
template: {
	/* ASCII */ patch: metadata: annotations: {"😀漢字": "𝒳語", to: parameter.who, who: "😀 \(context.name)"}
	parameter: {"😀漢"?: string, who: string}
}
"#;
    let wide = WIDE.replace("/* ASCII */ ", "");
    let folder = tempfile::tempdir().unwrap();
    let mut editor = Editor::start(folder.path());
    let file = uri(folder.path(), "hail.cue");
    editor.open(&file, &wide);
    assert_eq!(editor.diagnostics(&file, 1), "");
    // Two units for each of 😀 and 𝒳, one for each of 漢字語: the letters of `parameter.who` begin at column 52.
    let at = place(&wide, "parameter.who", 0);
    assert_eq!(at, (2, 51));
    let hover = editor.at("textDocument/hover", &file, (2, 51 + 11));
    assert!(hover["contents"]["value"].as_str().unwrap().contains("who"), "{hover}");
    assert_eq!(hover["range"]["start"]["character"], 61, "{hover}");
    // A letter is put in, and the error is told where the name stands.
    editor.insert(&file, 2, (2, 51 + 13), "o");
    assert_eq!(
        editor.diagnostics(&file, 2).lines().map(|l| l.split(' ').next().unwrap_or_default()).collect::<Vec<_>>(),
        ["2:61-2:65"]
    );
    let label = place(&wide, "who: string", 1);
    let params =
        json!({"textDocument": {"uri": file}, "position": {"line": label.0, "character": label.1}, "newName": "名"});
    editor.insert(&file, 3, (2, 51 + 14), " ");
    let (typed, cursor) = cursor(&wide.replace("to: parameter.who", "to: parameter.|who"));
    editor.tell(
        "textDocument/didChange",
        json!({"textDocument": {"uri": file, "version": 4}, "contentChanges": [{"text": typed}]}),
    );
    assert!(editor.completions(&file, cursor).contains(&"who".to_owned()));
    let answer = editor.ask("textDocument/rename", params);
    assert_eq!(answer["message"], Value::Null);
    let renamed = edited(&wide, &answer["changes"][&file]);
    assert_eq!(renamed, wide.replace("parameter.who", "parameter.名").replace("who: string", "名: string"));
    // Formatting replaces what is there to its last character.
    let ugly = wide.replace("parameter: {\"", "parameter:    {\"") + "// 末😀";
    editor.tell(
        "textDocument/didChange",
        json!({"textDocument": {"uri": file, "version": 5}, "contentChanges": [{"text": ugly}]}),
    );
    let ask = json!({"textDocument": {"uri": file}, "options": {"tabSize": 8, "insertSpaces": false}});
    let edits = editor.ask("textDocument/formatting", ask);
    assert_eq!(edited(&ugly, &edits), wide.clone() + "// 末😀\n");

    // The same in the file of an Application.
    let app = uri(folder.path(), "app.yaml");
    let text = APP.replace("{who: all}", "{\"😀漢\": 字𝒳, who: 3}").replace("type: greeting", "type: hail");
    editor.open(&app, &text);
    let (line, column) = place(&text, "who: 3", 5);
    assert_eq!(
        editor.diagnostics(&app, 1).lines().next().unwrap_or_default().split(' ').next(),
        Some(&*format!("{line}:{column}-{line}:{}", column + 1))
    );
    let (open, cursor) = self::cursor(&text.replace("who: 3}", "w|}"));
    editor.tell(
        "textDocument/didChange",
        json!({"textDocument": {"uri": app, "version": 2}, "contentChanges": [{"text": open}]}),
    );
    let all = editor.at("textDocument/completion", &app, cursor);
    let who = all["items"].as_array().unwrap().iter().find(|i| i["label"] == "who").cloned().unwrap_or_default();
    assert_ne!(who, Value::Null, "{all}");
    editor.end();
}

#[test]
fn objects_of_custom_kinds_are_held_to_crds_while_one_types() {
    const APP: &str = "apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: jobs}
spec:
  components:
    - name: mails
      type: k8s-objects
      properties: {objects: [{apiVersion: example.com/v1, kind: Queue, metadata: {name: q}, spec: {size: 12}}]}
";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("crd.yaml"), place::QUEUES).unwrap();
    let app = uri(folder.path(), "app.yaml");
    for (flags, wanted) in [(&[][..], ""), (&["--crds", "crd.yaml"], "12 is more than 9")] {
        let mut editor = Editor::start_with(folder.path(), flags);
        editor.open(&app, APP);
        let told = editor.diagnostics(&app, 1);
        assert!(told.contains(wanted) && told.is_empty() == wanted.is_empty(), "{flags:?}: {told}");
        editor.end();
    }
}
