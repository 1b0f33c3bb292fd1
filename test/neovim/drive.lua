-- Drives Neovim as a user would, with the set-up of docs/editors.md, and writes what came of it as JSON to $DECODE_LENS_RESULT.
local result = {}

local function wait_for(what, condition)
  if not vim.wait(20000, condition, 20) then
    result.timeout = what
    error('timed out: ' .. what)
  end
end

local function diagnostics()
  return vim.tbl_map(function(d)
    return { line = d.lnum, column = d.col, message = d.message, code = d.code, source = d.source }
  end, vim.diagnostic.get(0))
end

local function lines()
  return vim.api.nvim_buf_get_lines(0, 0, -1, false)
end

local function put_cursor_on(text)
  for number, line in ipairs(lines()) do
    local column = line:find(text, 1, true)
    if column then
      vim.api.nvim_win_set_cursor(0, { number, column - 1 })
      return
    end
  end
  error('not in the file: ' .. text)
end

local function run()
  vim.cmd('edit ' .. vim.env.DECODE_LENS_FILE)
  wait_for('diagnostics', function() return #diagnostics() > 0 end)
  result.diagnostics = diagnostics()

  -- An edit of one value, as typing makes it: Neovim sends what changed.
  put_cursor_on('-8')
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  vim.api.nvim_buf_set_text(0, row - 1, column, row - 1, column + 2, { '8' })
  wait_for('mended', function() return #diagnostics() == 0 end)

  -- The hover that `K` shows.
  put_cursor_on('num_key_value_heads')
  local window = vim.api.nvim_get_current_win()
  vim.lsp.buf.hover()
  wait_for('hover', function() return #vim.api.nvim_list_wins() > 1 end)
  for _, shown in ipairs(vim.api.nvim_list_wins()) do
    if shown ~= window then
      result.hover = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(shown), 0, -1, false)
      vim.api.nvim_win_close(shown, true)
    end
  end

  -- A code action, chosen from the list that Neovim offers.
  put_cursor_on('num_key_value_heads')
  local offered = {}
  vim.ui.select = function(items, options, choose)
    offered = vim.tbl_map(options.format_item, items)
    for index, title in ipairs(offered) do
      if title:find('num_key_value_heads 8 → 4', 1, true) then return choose(items[index], index) end
    end
  end
  vim.lsp.buf.code_action()
  wait_for('code actions', function() return #offered > 0 end)
  result.offered = offered
  wait_for('the action’s edit', function()
    return table.concat(lines(), '\n'):find('"num_key_value_heads": 4', 1, true) ~= nil
  end)
  result.text = table.concat(lines(), '\n')
end

local ok, problem = pcall(run)
if not ok then result.error = tostring(problem) end
local file = io.open(vim.env.DECODE_LENS_RESULT, 'w')
file:write(vim.fn.json_encode(result))
file:close()
vim.cmd('qall!')
