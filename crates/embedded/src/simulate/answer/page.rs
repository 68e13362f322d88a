//! The page that every simulated pod serves on every port: what it is, its image, environment and chart values.

use super::respond;
use crate::Body;
use crate::simulate::{flux, object::Json};
use http::{Request, Response, StatusCode, header::ACCEPT};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// What there is to show of a pod.
#[derive(Debug, Clone)]
pub struct Page {
    content: Value,
}

impl Page {
    /// The page of a pod.
    pub fn of(pod: &Value) -> Page {
        let container = |container: &Value| {
            let env: Map<String, Value> = container
                .items("/env")
                .iter()
                .map(|entry| (entry.text("/name").to_owned(), shown(entry).into()))
                .collect();
            let ports: Vec<&Value> =
                container.items("/ports").iter().filter_map(|port| port.get("containerPort")).collect();
            let mut line: Vec<&Value> = container.items("/command").iter().collect();
            line.extend(container.items("/args"));
            json!({"name": container.text("/name"), "image": container.text("/image"), "command": line, "ports": ports, "env": env})
        };
        let containers: Vec<Value> = pod.items("/spec/containers").iter().map(container).collect();
        let mut content = json!({
            "simulated": true, "pod": pod.name(), "namespace": pod.namespace(), "node": pod.text("/spec/nodeName"),
            "containers": containers,
        });
        let chart: Option<Value> = serde_json::from_str(pod.annotation(flux::chart::VALUES)).ok();
        if let (Some(chart), Some(map)) = (chart, content.as_object_mut()) {
            map.insert("chart".to_owned(), chart);
        }
        Page { content }
    }

    /// The page in the form that a request accepts: HTML for browsers, JSON when asked for, else text.
    pub fn answer<B>(&self, request: &Request<B>) -> Response<Body> {
        let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or("");
        if accept.contains("text/html") {
            respond(StatusCode::OK, "text/html; charset=utf-8", self.html())
        } else if accept.contains("application/json") {
            respond(StatusCode::OK, "application/json", self.content.to_string())
        } else {
            respond(StatusCode::OK, "text/plain; charset=utf-8", self.text())
        }
    }

    /// The page as plain text.
    pub fn text(&self) -> String {
        let page = &self.content;
        let mut text = String::from("This answer is simulated: nothing runs in this pod.\n\n");
        line(&mut text, "pod", page.text("/pod"));
        line(&mut text, "namespace", page.text("/namespace"));
        for container in page.items("/containers") {
            text.push('\n');
            line(&mut text, "container", container.text("/name"));
            line(&mut text, "image", container.text("/image"));
            let command: Vec<&str> = container.items("/command").iter().filter_map(Value::as_str).collect();
            if !command.is_empty() {
                line(&mut text, "command", &command.join(" "));
            }
            for (name, value) in container.map("/env") {
                line(&mut text, "env", &format!("{name}={}", value.as_str().unwrap_or("")));
            }
        }
        if let Some(chart) = page.get("chart") {
            text.push('\n');
            line(&mut text, "chart", &format!("{} {}", chart.text("/chart"), chart.text("/version")));
            for field in ["values", "valuesFiles", "valuesFrom"] {
                if let Some(value) = chart.get(field) {
                    leaves(&mut text, field, value);
                }
            }
        }
        text
    }

    fn html(&self) -> String {
        let title = format!("{} (simulated)", escape(self.content.text("/pod")));
        format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n<body><h1>{title}</h1>\n<pre>{}</pre></body></html>\n",
            escape(&self.text())
        )
    }
}

fn line(text: &mut String, name: &str, value: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{name:<10} {value}");
}

/// One line for each value of a tree.
fn leaves(text: &mut String, path: &str, value: &Value) {
    // JSON that was parsed is at most 128 deep.
    match value {
        Value::Object(map) if !map.is_empty() => {
            map.iter().for_each(|(key, value)| leaves(text, &format!("{path}.{key}"), value))
        }
        Value::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(index, value)| leaves(text, &format!("{path}[{index}]"), value));
        }
        Value::String(string) => {
            let _ = writeln!(text, "{path} = {string}");
        }
        other => {
            let _ = writeln!(text, "{path} = {other}");
        }
    }
}

/// The value of an environment variable, or where it comes from. Secrets are not resolved.
fn shown(entry: &Value) -> String {
    for (kind, pointer) in [("Secret", "/valueFrom/secretKeyRef"), ("ConfigMap", "/valueFrom/configMapKeyRef")] {
        if let Some(reference) = entry.pointer(pointer) {
            return format!("(key {} of {kind} {})", reference.text("/key"), reference.text("/name"));
        }
    }
    match entry.text("/valueFrom/fieldRef/fieldPath") {
        "" => entry.text("/value").to_owned(),
        path => format!("(field {path})"),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_image_environment_and_chart_values() {
        let pod = json!({
            "metadata": {
                "name": "hello-1", "namespace": "shop",
                "annotations": {"simulate.lateen.dev/values": "{\"chart\":\"hello-world\",\"version\":\"1.2.0\",\"values\":{\"configs\":{\"MESSAGE\":\"<Hello>\"},\"hosts\":[\"a\",\"b\"],\"n\":2}}"},
            },
            "spec": {"containers": [{
                "name": "main", "image": "shop:1", "command": ["sleep"], "args": ["10"],
                "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
            }]},
        });
        insta::assert_snapshot!(Page::of(&pod).text());
        let request = Request::builder().header(ACCEPT, "text/html,*/*").body(()).unwrap();
        assert_eq!(Page::of(&pod).answer(&request).headers()["content-type"], "text/html; charset=utf-8");
        assert!(Page::of(&pod).html().contains("MESSAGE = &lt;Hello&gt;"));
    }
}
