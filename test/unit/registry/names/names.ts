/** Names that people would take honestly, and names made to be taken for them. */
export const honest = `
  acme globex initech umbrella wonka stark wayne cyberdyne tyrell soylent hooli piedpiper aperture
  blackmesa massive-dynamic oscorp lexcorp vandelay dunder-mifflin sterling-cooper los-pollos
  gekko virtucon monarch wernham prestige bluth sirius oceanic genco duff
  slack stripe twilio sendgrid datadog grafana prometheus elastic mongodb postgres mysql redis
  kafka rabbitmq nats etcd consul vault nomad terraform pulumi ansible chef puppet salt
  kubernetes docker podman helm argo flux tekton jenkins circleci travis buildkite drone
  linear jira asana trello notion airtable zapier make retool webflow shopify magento
  salesforce hubspot pipedrive zendesk intercom freshdesk mailchimp postmark mailgun
  openai anthropic mistral cohere huggingface replicate pinecone weaviate qdrant milvus
  snowflake databricks bigquery redshift clickhouse duckdb trino presto hive spark airflow dagster
  sentry rollbar honeycomb newrelic splunk logstash fluentd loki tempo jaeger zipkin
  okta keycloak authelia ory casbin supabase firebase appwrite hasura prisma
  paypal adyen mollie klarna wise plaid square braintree xero quickbooks sage
  dropbox backblaze wasabi minio cloudflare fastly akamai netlify vercel heroku render railway
  figma sketch canva miro loom calendly typeform discord telegram signal matrix mattermost zulip
  stack gitea gitee forgejo pagerduty opsgenie statuspage intuit ramp brex gusto rippling workday bamboo
  lattice asgard camunda temporal news-digest invoice-tools release-train weather-now home-lab backup-club garden-bot cron-corner
  berlin-transit paper-mill tiny-crm night-shift south-office book-keeping pdf-shop geo-kit
`
  .trim()
  .split(/\s+/)

/** Each with the honest name that it is after. */
export const squats: readonly (readonly [string, string])[] = `
  s1ack:slack slacck:slack slack-official:slack official-slack:slack slakc:slack
  str1pe:stripe stripee:stripe stirpe:stripe stripe-inc:stripe the-stripe:stripe strlpe:stripe
  tvvilio:twilio twiilio:twilio twillio:twilio twiloi:twilio get-twilio:twilio
  sendgr1d:sendgrid sendgird:sendgrid sendgrids:sendgrid send-grid:sendgrid
  datad0g:datadog datadgo:datadog data-dog:datadog datadog-hq:datadog clatadog:datadog
  grafanna:grafana graffana:grafana grafana-team:grafana qrafana:grafana
  terrafrom:terraform terraforrn:terraform terrafom:terraform terraform-dev:terraform
  kubernetes-io:kubernetes kubernetse:kubernetes kubernets:kubernetes kubemetes:kubernetes
  dockerr:docker d0cker:docker real-docker:docker dokcer:docker
  openal:openai 0penai:openai openai-inc:openai opennai:openai opneai:openai
  anthropc:anthropic anthr0pic:anthropic antrhopic:anthropic
  c1oudflare:cloudflare cloudfare:cloudflare cloudflare-app:cloudflare cloudfIare:cloudflare
  paypa1:paypal paypall:paypal verified-paypal:paypal pay-pal:paypal
  shopifiy:shopify sh0pify:shopify shopify-apps:shopify
  digest-news:news-digest newsdigest:news-digest news-digset:news-digest
`
  .trim()
  .split(/\s+/)
  .map((pair) => {
    const [squat = '', name = ''] = pair.toLowerCase().split(':')
    return [squat, name] as const
  })
