//! The webhook of Prometheus Alertmanager, version 4
//! (<https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>), and what only looks
//! like it: any body with `alerts`.

use super::{Format, FormatError, Parsed, Payload, group};

pub(super) const FORMAT: Format = Format { name: "alertmanager", knows, parse };

fn knows(payload: &Payload<'_>) -> bool {
    payload.body.has("alerts")
}

fn parse(payload: &Payload<'_>) -> Result<Parsed, FormatError> {
    group::parse(&payload.body, "alertmanager", |_, _| ())
}
