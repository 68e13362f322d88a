//! Configs on an embedded hub.

use super::*;
use crate::testing::OneCluster;

fn call<'a>(params: &'a Value) -> Call<'a> {
    Call { params, key: None, namespace: "default", secret: false }
}

#[tokio::test]
async fn a_config_is_made_read_listed_and_deleted() {
    let one = OneCluster::new();
    let params = json!({"name": "db", "namespace": "default", "config": {"host": "h", "port": 5432}});
    create(&call(&params), &one).await.unwrap();
    assert_eq!(read(&call(&params), &one).await.unwrap(), json!({"config": {"host": "h", "port": 5432}}));
    delete(&call(&params), &one).await.unwrap();
    delete(&call(&params), &one).await.unwrap();
    let fault = read(&call(&params), &one).await.unwrap_err();
    assert_eq!(fault.message, "there is no config db in namespace default");
}

#[tokio::test]
async fn a_secret_of_somebody_else_is_left_alone() {
    let one = OneCluster::with_secret("mine", &[("password", "p")]).await;
    let params = json!({"name": "mine", "namespace": "default", "config": {"a": "b"}});
    let refusals = [
        create(&call(&params), &one).await.unwrap_err(),
        delete(&call(&params), &one).await.unwrap_err(),
        read(&call(&params), &one).await.unwrap_err(),
    ];
    insta::assert_debug_snapshot!(refusals.map(|f| f.message), @r#"
    [
        "Secret default/mine exists and is no config; it is left alone",
        "Secret default/mine is no config; it is left alone",
        "there is no config mine in namespace default",
    ]
    "#);
}

#[tokio::test]
async fn a_template_on_the_hub_adds_what_it_says() {
    let one = OneCluster::new();
    one.apply(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "vela-system"}})).await;
    let template = r#"
        import "encoding/json"
        metadata: {name: "registry", scope: "project"}
        template: {
            parameter: {server: string, user: *"nobody" | string}
            output: {apiVersion: "v1", kind: "Secret", stringData: auth: json.Marshal({(parameter.server): parameter.user})}
            outputs: note: {
                apiVersion: "v1", kind: "ConfigMap"
                metadata: {name: "\(context.name)-note", namespace: context.namespace}
                data: server: parameter.server
            }
        }"#;
    one.apply(json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "config-template-registry", "namespace": "vela-system"}, "data": {"template": template},
    }))
    .await;
    let params = json!({"name": "r", "namespace": "default", "template": "registry", "config": {"server": "s"}});
    create(&call(&params), &one).await.unwrap();
    let live = one.all().read(&secret("default", "r")).await.unwrap().unwrap();
    assert_eq!(decode(&live["data"]["auth"]).unwrap(), br#"{"s":"nobody"}"#);
    assert_eq!(live["metadata"]["labels"]["config.oam.dev/type"], "registry");
    let note = ObjectRef { kind: "ConfigMap".into(), ..secret("default", "r-note") };
    assert_eq!(one.all().read(&note).await.unwrap().unwrap()["data"]["server"], "s");

    let params = json!({"template": "registry", "namespace": "default"});
    let listed = list(&call(&params), &one).await.unwrap();
    assert_eq!(listed, json!({"configs": [{"name": "r", "config": {"server": "s"}}]}));

    let wrong = json!({"name": "q", "namespace": "default", "template": "registry", "config": {"server": 1}});
    let fault = create(&call(&wrong), &one).await.unwrap_err();
    assert!(fault.message.starts_with("config q by template registry: "), "{fault}");
    let absent = json!({"name": "q", "namespace": "default", "template": "regstry", "config": {}});
    let fault = create(&call(&absent), &one).await.unwrap_err();
    assert_eq!(
        fault.message,
        "there is no config template regstry: ConfigMap vela-system/config-template-regstry is not there"
    );
}

#[test]
fn a_provider_of_a_cloud_gets_its_credentials() {
    let properties = json!({"accessKey": "k", "secretKey": "s", "region": "cn-hangzhou", "name": "ali"});
    let made = terraform::objects("alibaba", "default", &properties).unwrap().unwrap();
    insta::assert_snapshot!(made.iter().map(Value::to_string).collect::<Vec<_>>().join("\n"), @r#"
    {"apiVersion":"v1","kind":"Secret","metadata":{"name":"ali-account-creds","namespace":"default"},"stringData":{"credentials":"{\"accessKeyID\":\"k\",\"accessKeySecret\":\"s\",\"securityToken\":\"\"}"},"type":"Opaque"}
    {"apiVersion":"terraform.core.oam.dev/v1beta1","kind":"Provider","metadata":{"name":"ali","namespace":"default"},"spec":{"credentials":{"secretRef":{"key":"credentials","name":"ali-account-creds","namespace":"default"},"source":"Secret"},"provider":"alibaba","region":"cn-hangzhou"}}
    "#);
    let fault = terraform::objects("alibaba", "default", &json!({"accessKey": "k"})).unwrap().unwrap_err();
    assert_eq!(fault.message, "the provider of alibaba needs the property secretKey");
    assert!(terraform::objects("nimbus", "default", &json!({})).is_none());
}
