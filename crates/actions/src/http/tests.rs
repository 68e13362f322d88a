//! Requests against a receiver of the tests.

use super::*;
use crate::Egress;
use crate::testing::{OneCluster, Receiver};

async fn run_with(allow: &str, cluster: &OneCluster, params: Value, reading: Reading) -> Result<Value, Fault> {
    let outside = Outside::new(Egress::parse(allow).unwrap(), Vec::new());
    let call = Call { params: &params, key: Some("key-1"), namespace: "default", secret: false };
    request(&call, &outside, cluster, reading).await
}

async fn run(params: Value) -> Result<Value, Fault> {
    run_with("127.0.0.0/8", &OneCluster::new(), params, Reading::default()).await
}

#[tokio::test]
async fn what_the_step_says_is_what_is_sent() {
    let receiver = Receiver::answering(&[(200, r#"{"a":1}"#)]).await;
    let cluster = OneCluster::with_secret("token", &[("Authorization", "Bearer t\n")]).await;
    let params = json!({
        "method": "PUT", "url": format!("{}/a/b?c=d", receiver.url()),
        "request": {"body": "hello", "header": {"X-One": "1"}, "headersFromSecret": "token"},
    });
    let answer = run_with("127.0.0.1", &cluster, params, Reading::default()).await.unwrap();
    assert_eq!((answer["statusCode"].clone(), answer["body"].clone()), (json!(200), json!(r#"{"a":1}"#)));
    assert_eq!(answer["header"]["X-Answer"], json!(["1"]));
    let got = receiver.got().remove(0);
    assert_eq!((got.method.as_str(), got.path.as_str(), got.body.as_str()), ("PUT", "/a/b?c=d", "hello"));
    assert_eq!(
        [got.header("x-one"), got.header("authorization"), got.header("idempotency-key")],
        ["1", "Bearer t", "key-1"]
    );
}

#[tokio::test]
async fn a_status_that_nobody_allows_is_a_failure() {
    let receiver = Receiver::answering(&[(404, "no such\n  thing")]).await;
    let url = format!("{}/thing?token=abc", receiver.url());
    let fault = run(json!({"url": url})).await.unwrap_err();
    assert_eq!((fault.class, fault.status), (FaultClass::Permanent, Some(404)));
    let address = receiver.url();
    assert_eq!(fault.message, format!("GET {address}/thing is answered with status 404 Not Found: no such thing"));
    assert_eq!(run(json!({"url": url, "allowedStatus": [404]})).await.unwrap()["statusCode"], 404);
    let reading = Reading { any_status: true, secret: false };
    let answer = run_with("127.0.0.1", &OneCluster::new(), json!({"url": url}), reading).await.unwrap();
    assert_eq!(answer["statusCode"], 404);
    let reading = Reading { any_status: false, secret: true };
    let fault = run_with("127.0.0.1", &OneCluster::new(), json!({"url": url}), reading).await.unwrap_err();
    assert_eq!(fault.message, format!("GET {address}/*** is answered with status 404 Not Found"));
}

#[tokio::test]
async fn what_passes_is_tried_again_with_the_same_key() {
    let receiver = Receiver::answering(&[(503, ""), (429, ""), (201, "done")]).await;
    let answer = run(json!({"method": "POST", "url": receiver.url()})).await.unwrap();
    assert_eq!(answer["statusCode"], 201);
    let keys: Vec<String> = receiver.got().iter().map(|g| g.header("idempotency-key").to_owned()).collect();
    assert_eq!(keys, ["key-1", "key-1", "key-1"]);

    let receiver = Receiver::answering(&[(503, "")]).await;
    let fault = run(json!({"url": receiver.url(), "retries": 0})).await.unwrap_err();
    assert_eq!((fault.class, receiver.got().len()), (FaultClass::Transient, 1));

    let gone = Receiver::gone().await;
    let fault = run(json!({"url": gone.url(), "retries": 1})).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Transient);
    assert!(fault.message.contains("Connection refused"), "{fault}");
}

#[tokio::test]
async fn inner_addresses_are_refused_whatever_name_leads_there() {
    let receiver = Receiver::answering(&[(200, "inner")]).await;
    let port = receiver.url().rsplit(':').next().unwrap().to_owned();
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "0x7f000001", "2130706433"]
    {
        let params = json!({"url": format!("http://{host}:{port}/")});
        let fault = run_with("", &OneCluster::new(), params, Reading::default()).await.unwrap_err();
        assert_eq!(fault.class, FaultClass::Permanent, "{host}: {fault}");
        assert!(fault.message.contains("LATEEN_EGRESS_ALLOW"), "{host}: {fault}");
    }
    assert!(receiver.got().is_empty());
}

#[tokio::test]
async fn a_redirection_leads_nowhere_that_the_address_may_not() {
    let inner = Receiver::answering(&[(200, "secret")]).await;
    let port = inner.url().rsplit(':').next().unwrap().to_owned();
    // 127.0.0.1 is allowed here, 127.0.0.2 is not
    let target = format!("http://127.0.0.2:{port}/");
    let outer = Receiver::answering(&[(302, &target)]).await;
    let params = json!({"url": outer.url()});
    let fault = run_with("127.0.0.1", &OneCluster::new(), params, Reading::default()).await.unwrap_err();
    assert!(fault.message.contains("127.0.0.2 is a loopback address"), "{fault}");
    assert!(inner.got().is_empty());
    let around = Receiver::answering(&[(302, "/again")]).await;
    let fault = run(json!({"url": around.url()})).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Permanent);
    assert!(fault.message.contains("too many redirects"), "{fault}");
}

#[tokio::test]
async fn the_rate_limiter_waits_while_it_can_and_refuses_then() {
    let receiver = Receiver::answering(&[(200, "")]).await;
    let outside = Outside::new(Egress::parse("127.0.0.1").unwrap(), Vec::new());
    let params = json!({
        "url": receiver.url(),
        "request": {"timeout": "200ms", "ratelimiter": {"limit": 1, "period": "1h"}},
    });
    let call = Call { params: &params, key: None, namespace: "default", secret: false };
    let cluster = OneCluster::new();
    request(&call, &outside, &cluster, Reading::default()).await.unwrap();
    let fault = request(&call, &outside, &cluster, Reading::default()).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Transient);
    assert!(fault.message.starts_with("1 requests were sent to 127.0.0.1 in 3600s"), "{fault}");
    assert_eq!(receiver.got().len(), 1);
}

#[tokio::test]
async fn certificates_come_from_a_secret() {
    let (pem, config) = crate::testing::authority();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let mut bytes = [0u8; 1024];
                let _ = stream.read(&mut bytes).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi").await;
                let _ = stream.shutdown().await;
            }
        }
    });
    let cluster = OneCluster::with_secret("ca", &[("ca.crt", &pem)]).await;
    let params = |secret: bool| {
        let mut params = json!({"url": format!("https://localhost:{port}/"), "retries": 0});
        if secret {
            params["tls_config"] = json!({"secret": "ca"});
        }
        params
    };
    let answer = run_with("localhost", &cluster, params(true), Reading::default()).await.unwrap();
    assert_eq!(answer["body"], "hi");
    let fault = run_with("localhost", &cluster, params(false), Reading::default()).await.unwrap_err();
    assert!(fault.message.contains("UnknownIssuer") || fault.message.contains("certificate"), "{fault}");
    let absent = json!({"url": "https://localhost/", "tls_config": {"secret": "other"}});
    let fault = run_with("localhost", &cluster, absent, Reading::default()).await.unwrap_err();
    assert_eq!(fault.message, "Secret default/other is not there");
}

#[tokio::test]
async fn what_cannot_be_a_request_is_a_mistake() {
    for (params, why) in [
        (json!({"url": "not an address"}), "the parameter \"url\" is no address"),
        (json!({"url": "ftp://example.org/"}), "ftp://example.org/ is no address of HTTP"),
        (
            json!({"url": "http://x/", "request": {"timeout": "soon"}}),
            "the parameter \"request.timeout\" cannot be read",
        ),
        (json!({"url": "http://x/", "request": {"header": {"a b": "c"}}}), "\"a b\" is no name of a header"),
    ] {
        let fault = run(params).await.unwrap_err();
        assert_eq!(fault.class, FaultClass::Permanent);
        assert!(fault.message.starts_with(why), "{fault}");
    }
}
