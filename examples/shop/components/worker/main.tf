# A job that writes which products run out, and its schedule.

variable "directory" {
  type = string
}

variable "database_file" {
  type = string
}

variable "schema_version" {
  type = number
}

locals {
  report = "${var.directory}/worker/restock.json"
  script = file("${path.module}/files/restock.mjs")
}

module "script" {
  source  = "../../modules/setting"
  path    = "${var.directory}/worker/restock.mjs"
  content = local.script
}

module "schedule" {
  source  = "../../modules/setting"
  path    = "${var.directory}/worker/crontab"
  content = "0 5 * * * node ${module.script.path} ${var.database_file} ${local.report}\n"
}

# The first report is written at once, and again whenever script or schema change.
resource "terraform_data" "first_run" {
  input            = local.report
  triggers_replace = [local.script, var.schema_version, local.report]

  provisioner "local-exec" {
    when        = destroy
    command     = "rm -f \"$REPORT\""
    environment = { REPORT = self.input }
  }

  provisioner "local-exec" {
    command     = "node \"$SCRIPT\" \"$DATABASE\" \"$REPORT\""
    environment = { SCRIPT = module.script.path, DATABASE = var.database_file, REPORT = local.report }
  }
}

output "report" {
  value      = local.report
  depends_on = [terraform_data.first_run]
}
