//! Every byte: runs that use secrets in every way that there is, and then nothing of them is found in what was written or
//! said: objects of the hub (Secrets left out), files of the state folder, output of commands, logs, errors.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test reports by panicking")]

mod receivers;

use fleet::{Fleet, Home, HubChoice};
use kube::api::{DynamicObject, ListParams};
use kube::discovery::{Discovery, verbs};
use kube::{Api, ResourceExt};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

/// What must not be found: a token, a password, parts of addresses, a signing key.
const CANARIES: [&str; 6] = [
    "canaryTOKENq7w3x9",
    "canaryPASSWORDk2m8",
    "canaryADDRESSz5t1",
    "canarySIGNINGh4r6",
    "canaryCLOUDKEYb9n3",
    "canaryKUBEv8c2",
];

/// Answers every request with what it was told, headers and body, as a service does that helps its users to find mistakes.
fn echo() -> (u16, Arc<Mutex<Vec<String>>>) {
    receivers::listen(answer)
}

fn answer(mut stream: TcpStream, seen: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut head, mut length) = (String::new(), 0usize);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = n.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let told = format!("{head}{}", String::from_utf8_lossy(&body));
    seen.lock().unwrap().push(told.clone());
    let status = if head.contains("/fails") { "500 Internal Server Error" } else { "200 OK" };
    let text = told.replace(['"', '\\', '\r', '\n'], " ");
    let body = format!(r#"{{"errcode": 0, "code": 0, "echo": "{text}"}}"#);
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).ok()
}

/// A mail server that refuses every login and repeats what it was told.
fn mailbox() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let mut out = stream.try_clone().ok()?;
                out.write_all(b"220 here\r\n").ok()?;
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let reply = match line.get(..4).unwrap_or_default() {
                        "EHLO" => "250-here\r\n250 AUTH PLAIN LOGIN\r\n".to_owned(),
                        "QUIT" => "221 bye\r\n".to_owned(),
                        "AUTH" => format!("535 not accepted: {line}\r\n"),
                        _ => "250 ok\r\n".to_owned(),
                    };
                    out.write_all(reply.as_bytes()).ok()?;
                }
                Some(())
            });
        }
    });
    port
}

const DEFINITIONS: &str = r#"apiVersion: v1
kind: Secret
metadata: {name: vault}
stringData:
  token: canaryTOKENq7w3x9
  password: canaryPASSWORDk2m8
  url: http://127.0.0.1:PORT/hooks/canaryADDRESSz5t1
  key: canarySIGNINGh4r6
  cloud: canaryCLOUDKEYb9n3
  kubeconfig: "users: [{token: canaryKUBEv8c2}]"
---
apiVersion: core.oam.dev/v1beta1
kind: WorkflowStepDefinition
metadata: {name: read-vault, namespace: vela-system}
spec:
  schematic:
    cue:
      template: |
        import ("vela/kube", "vela/util", "encoding/base64")
        vault: kube.#Read & {$params: value: {apiVersion: "v1", kind: "Secret", metadata: {name: "vault", namespace: context.namespace}}}
        text: util.#ConvertString & {$params: bt: base64.Decode(null, vault.$returns.value.data[parameter.key])}
        value: text.$returns.str
        parameter: key: string
---
apiVersion: core.oam.dev/v1beta1
kind: WorkflowStepDefinition
metadata: {name: count, namespace: vela-system}
spec:
  schematic:
    cue:
      template: |
        import "vela/builtin"
        message: builtin.#Message & {$params: message: "\(parameter.count + 1)"}
        parameter: count: int
"#;

/// Everything goes well.
const USED: &str = r#"apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: NAME}
spec:
  components:
    - {name: settings, type: k8s-objects, properties: {objects: [{apiVersion: v1, kind: ConfigMap, metadata: {name: NAME}}]}}
    - name: sealed
      type: k8s-objects
      properties: {objects: [{apiVersion: v1, kind: Secret, metadata: {name: NAME-sealed}, stringData: {fixed: "1"}}]}
  workflow:
    steps:
      - {name: token, type: read-vault, properties: {key: token}, outputs: [{name: token, valueFrom: value}]}
      - {name: cloud, type: read-vault, properties: {key: cloud}, outputs: [{name: cloud, valueFrom: value}]}
      - {name: kube, type: read-vault, properties: {key: kubeconfig}, outputs: [{name: kubeconfig, valueFrom: value}]}
      - {name: settings, type: apply-component, properties: {component: settings}}
      - {name: sealed, type: apply-component, properties: {component: sealed}}
      - name: header
        type: request
        properties: {url: "http://127.0.0.1:PORT/echo", method: POST, body: {a: b}}
        inputs: [{from: token, parameterKey: header.Authorization}]
        outputs: [{name: echoed, valueFrom: response.echo}]
      - name: body
        type: request
        properties: {url: "http://127.0.0.1:PORT/echo", method: POST}
        inputs: [{from: token, parameterKey: body.password}]
      - {name: hook, type: webhook, properties: {url: {secretRef: {name: vault, key: url}}, data: {a: 1}}}
      - name: tell
        type: notification
        properties:
          slack: {url: {secretRef: {name: vault, key: url}}, message: {text: done}}
          wecom: {url: {secretRef: {name: vault, key: url}}, message: {msgtype: text, text: {content: done}}}
          webhook: {url: {secretRef: {name: vault, key: url}}, message: {a: 1}}
          dingding: {url: {secretRef: {name: vault, key: url}}, secret: {secretRef: {name: vault, key: key}}, message: {msgtype: text, text: {content: done}}}
          lark: {url: {secretRef: {name: vault, key: url}}, message: {msg_type: text, content: "{}"}}
      - name: config
        type: create-config
        properties: {name: NAME-kept, config: {region: eu}}
        inputs: [{from: token, parameterKey: config.password}, {from: cloud, parameterKey: config.ALICLOUD_SECRET_KEY}]
      - {name: back, type: read-config, properties: {name: NAME-kept}, outputs: [{name: again, valueFrom: output.$returns.config.password}]}
      - {name: made, type: export2secret, properties: {secretName: NAME-made}, inputs: [{from: again, parameterKey: data.password}, {from: kubeconfig, parameterKey: data.kubeconfig}]}
      - name: object
        type: apply-object
        properties: {value: {apiVersion: v1, kind: Secret, metadata: {name: NAME-object}}}
        inputs: [{from: cloud, parameterKey: value.stringData.key}]
      - {name: shown, type: print-message-in-status, inputs: [{from: token, parameterKey: message}]}
      - {name: echoed, type: print-message-in-status, inputs: [{from: echoed, parameterKey: message}]}
      - {name: never, type: print-message-in-status, if: 'inputs.token == "x"', inputs: [{from: token, parameterKey: message}]}
      - {name: wait, type: suspend, inputs: [{from: token, parameterKey: message}]}
      - {name: after, type: print-message-in-status, properties: {message: gone on}}
"#;

/// Everything goes wrong.
const REFUSED: &str = r#"apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: refused}
spec:
  components: []
  workflow:
    steps:
      - {name: token, type: read-vault, properties: {key: token}, outputs: [{name: token, valueFrom: value}]}
      - {name: number, type: count, if: always, inputs: [{from: token, parameterKey: count}]}
      - name: header
        type: request
        if: always
        properties: {url: "http://127.0.0.1:PORT/fails", method: POST, body: {a: b}}
        inputs: [{from: token, parameterKey: header.Authorization}]
      - {name: address, type: request, if: always, inputs: [{from: token, parameterKey: url}]}
      - {name: method, type: request, if: always, properties: {url: "http://127.0.0.1:PORT/x"}, inputs: [{from: token, parameterKey: method}]}
      - name: mail
        type: notification
        if: always
        properties:
          email:
            from: {address: a@example.com, host: 127.0.0.1, port: MAIL, password: {secretRef: {name: vault, key: password}}}
            to: [b@example.com]
            content: {subject: s, body: b}
      - name: object
        type: apply-object
        if: always
        properties: {value: {apiVersion: v1, kind: Service, metadata: {name: wrong}, spec: {ports: [{port: 80}]}}}
        inputs: [{from: token, parameterKey: value.spec.type}]
"#;

struct Place {
    folder: tempfile::TempDir,
    said: Mutex<String>,
}

impl Place {
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lateen"));
        command.args(args).env_clear().env("LATEEN_HOME", self.folder.path().join("state"));
        command.env("LATEEN_EGRESS_ALLOW", "127.0.0.1").env("RUST_BACKTRACE", "1");
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// Runs a command and keeps what it says.
    fn run(&self, args: &[&str]) -> (bool, String) {
        let out = self.command(args).output().unwrap();
        let text = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        writeln!(self.said.lock().unwrap(), "$ lateen {}\n{text}", args.join(" ")).unwrap();
        (out.status.success(), text)
    }
}

fn base64(text: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks_exact(3) {
        let bits = (u32::from(chunk[0]) << 16) | (u32::from(chunk[1]) << 8) | u32::from(chunk[2]);
        out.extend([18, 12, 6, 0].map(|shift| char::from(LETTERS[(bits >> shift) as usize & 63])));
    }
    out
}

/// The forms in which a canary may stand somewhere: plain, and base64 wherever it begins.
fn forms(canary: &str) -> Vec<String> {
    let mut forms = vec![canary.to_owned()];
    forms.extend((0..3).map(|skip| base64(&canary[skip..])));
    forms
}

/// Where in a text a canary stands.
fn found(text: &str) -> Option<String> {
    CANARIES.iter().flat_map(|canary| forms(canary)).find_map(|form| {
        let at = text.find(&form)?;
        let (from, to) = (at.saturating_sub(300), (at + form.len() + 100).min(text.len()));
        Some(format!("{form} in …{}…", String::from_utf8_lossy(&text.as_bytes()[from..to])))
    })
}

fn files(folder: &Path, see: &mut dyn FnMut(&Path, &[u8])) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, see);
        } else if let Ok(bytes) = std::fs::read(&path) {
            see(&path, &bytes);
        }
    }
}

/// Every object of the hub but Secrets, as JSON.
async fn objects(home: &Path) -> Vec<(String, String)> {
    let fleet = Fleet::open(Home::at(home), HubChoice::Embedded).await.unwrap();
    let client = fleet.hub().client();
    let discovery = Discovery::new(client.clone()).run().await.unwrap();
    let mut all = Vec::new();
    for group in discovery.groups() {
        for (resource, can) in group.recommended_resources() {
            if !can.supports_operation(verbs::LIST) || resource.kind == "Secret" {
                continue;
            }
            let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
            for object in api.list(&ListParams::default()).await.unwrap() {
                let name =
                    format!("{} {}/{}", resource.kind, object.namespace().unwrap_or_default(), object.name_any());
                all.push((name, serde_json::to_string(&object).unwrap()));
            }
        }
    }
    fleet.close().await;
    all
}

#[test]
fn no_byte_of_a_secret_is_written_or_said() {
    let place = Place { folder: tempfile::tempdir().unwrap(), said: Mutex::default() };
    let (port, got) = echo();
    let mail = mailbox();
    let fill = |text: &str, name: &str| {
        text.replace("PORT", &port.to_string()).replace("MAIL", &mail.to_string()).replace("NAME", name)
    };
    let files_given = [
        ("vault.yaml", fill(DEFINITIONS, "")),
        ("used.yaml", fill(USED, "used")),
        ("watched.yaml", fill(USED, "watched")),
        ("refused.yaml", fill(REFUSED, "")),
    ];
    for (name, text) in &files_given {
        std::fs::write(place.folder.path().join(name), text).unwrap();
    }
    let (ok, text) = place.run(&["up", "-f", "vault.yaml", "-f", "used.yaml", "--debug"]);
    assert!(ok && text.contains("waits for somebody"), "{text}");
    let commands = |name: &str, place: &Place| {
        for args in [
            vec!["status", name],
            vec!["status", name, "-o", "yaml"],
            vec!["status", name, "-o", "json"],
            vec!["status", name, "--tree"],
            vec!["workflow", "explain", name],
            vec!["workflow", "replay", name],
            vec!["workflow", "logs", name],
            vec!["workflow", "debug", name],
            vec!["workflow", "debug", name, "-o", "json"],
            vec!["workflow", "list", name],
            vec!["revision", "list", name],
            vec!["revision", "list", name, "-o", "yaml"],
            vec!["revision", "show", &format!("{name}-v1")],
            vec!["plan", "-f", &format!("{name}.yaml")],
            vec!["diff", "-f", &format!("{name}.yaml")],
            vec!["render", "-f", &format!("{name}.yaml")],
            vec!["ls", "-A"],
            vec!["get", "configmaps", "-o", "yaml"],
            vec!["get", "applications", "-o", "yaml"],
        ] {
            place.run(&args);
        }
    };
    place.run(&["status", "used", "-o", "yaml"]);
    place.run(&["workflow", "explain", "used"]);
    let (ok, text) = place.run(&["workflow", "resume", "used"]);
    assert!(ok, "{text}");
    let (_, text) = place.run(&["status", "used", "-o", "yaml"]);
    assert!(text.contains("gone on"), "{text}");
    commands("used", &place);
    let (ok, _) = place.run(&["up", "-f", "refused.yaml", "--debug"]);
    assert!(!ok, "it is refused");
    commands("refused", &place);
    let (_, text) = place.run(&["status", "refused", "-o", "yaml"]);
    for step in ["number", "header", "address", "method", "mail", "object"] {
        assert!(text.contains(&format!("name: {step}\n")), "{step} has run: {text}");
    }

    // The controller, saying everything that it can say.
    let (ok, text) = place.run(&["up", "-f", "watched.yaml", "--no-wait", "--debug"]);
    assert!(ok, "{text}");
    let log = std::fs::File::create(place.folder.path().join("log")).unwrap();
    let mut controller = place
        .command(&["controller", "--listen", "off"])
        .env("LATEEN_LOG", "trace")
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    let mut status = String::new();
    for _ in 0..600 {
        status = place.run(&["status", "watched"]).1;
        if status.contains("uspend") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let ended = controller.try_wait().unwrap();
    let log = || {
        let log = std::fs::read_to_string(place.folder.path().join("log")).unwrap();
        let told: Vec<&str> = log.lines().filter(|line| !line.contains("TRACE")).collect();
        told[told.len().saturating_sub(60)..].join("\n")
    };
    assert!(status.contains("uspend"), "{status}\nthe controller ({ended:?}) says:\n{}", log());
    // it is written beside the run
    for _ in 0..600 {
        if place.run(&["workflow", "debug", "watched", "--step", "wait"]).0 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    controller.kill().unwrap();
    controller.wait().unwrap();
    commands("watched", &place);
    place.run(&["delete", "refused", "--yes"]);

    // They did arrive where they were meant to.
    let arrived = got.lock().unwrap().join("\n");
    for canary in ["canaryTOKENq7w3x9", "canaryADDRESSz5t1"] {
        assert!(arrived.contains(canary), "{canary} was not sent");
    }
    let state = place.folder.path().join("state");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let objects = runtime.block_on(objects(&state));
    assert!(objects.iter().any(|(name, _)| name.starts_with("RunJournal ")), "journals are among them");
    assert!(objects.iter().any(|(name, _)| name.starts_with("ResourceTracker ")), "trackers are among them");
    for app in ["used", "watched"] {
        let debug = objects.iter().filter(|(name, _)| name.starts_with(&format!("ConfigMap default/{app}-")));
        let debug: Vec<&str> =
            debug.filter(|(name, _)| name.contains("-debug-")).map(|(_, text)| text.as_str()).collect();
        assert!(debug.len() > 10, "debug output of {app} is among them: {}", debug.len());
        assert!(debug.iter().any(|text| text.contains("***")), "{debug:?}");
    }
    let mut leaks: Vec<String> =
        objects.iter().filter_map(|(name, text)| Some(format!("{name}: {}", found(text)?))).collect();
    let said = place.said.lock().unwrap().clone();
    for part in said.split("\n$ lateen ") {
        leaks.extend(found(part).map(|leak| format!("lateen {}: {leak}", part.lines().next().unwrap_or_default())));
    }
    let log = std::fs::read_to_string(place.folder.path().join("log")).unwrap();
    assert!(log.contains("TRACE"), "the log says everything");
    leaks.extend(log.lines().filter_map(|line| Some(format!("log: {}", found(line)?))));
    // Secrets are stored in base64: plain, a canary stands nowhere.
    files(&state, &mut |path, bytes| {
        for canary in CANARIES {
            if bytes.windows(canary.len()).any(|part| part == canary.as_bytes()) {
                leaks.push(format!("{}: {canary}", path.display()));
            }
        }
    });
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
}
