/**
 * The rows that the models have of one case. The index is built in a transaction of its own: on much evidence it takes long,
 * and nothing but the rows of evidence is held meanwhile.
 */
export const calibrationRowsByCase = {
  name: '0004-calibration-rows-by-case',
  sql: `
-- Rows of one case, of any model. Through an index that begins with the model, a planner without statistics read all rows
-- of the model for each case: asked by these two columns alone, it has no other one to choose.
create index calibration_rows_by_case on calibration_rows (tenant_id, row_id);

-- Takes a row out whose case has no label any more. By key, so that a row that was changed since it was found is still
-- that row; for one key the planner reads one row, for a list of them it read all rows of the tenant. What a tripwire has
-- counted stays as a row that says nothing: the second statement sees what was committed while the first one waited.
create function take_out_calibration_row(tenant text, of_pod text, of_model text, of_row text)
returns text language plpgsql volatile as $$
declare digest text;
begin
  delete from calibration_rows c
    where c.tenant_id = tenant and c.pod = of_pod and c.model_digest = of_model and c.row_id = of_row and not c.watched
    returning c.model_digest into digest;
  if digest is null then
    update calibration_rows c set quality = 'bulk'
      where c.tenant_id = tenant and c.pod = of_pod and c.model_digest = of_model and c.row_id = of_row
        and c.watched and c.quality <> 'bulk'
      returning c.model_digest into digest;
  end if;
  return digest;
end $$;
`,
} as const
